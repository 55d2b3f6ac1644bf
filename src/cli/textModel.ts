/** The network that `myelin train text` trains, and how it trains it. */
import { DataLoader } from '../data/loader.js';
import { textStreams } from '../data/textSequences.js';
import { dense, dropout, embedding, gru, lstm, resetState, type Sequential, sequential, simpleRnn } from '../layers/index.js';
import { crossEntropy } from '../losses/index.js';
import { adam } from '../optimizers/index.js';
import { type Callback, type EpochEvent, earlyStopping, type RunControl, Trainer } from '../trainer/index.js';

export const cells = ['lstm', 'gru', 'rnn'] as const;

export interface TextShape {
  readonly cell: (typeof cells)[number];
  readonly layers: number;
  readonly units: number;
  /** Size of the vocabulary. */
  readonly tokens: number;
}

export interface TextFit {
  readonly shape: TextShape;
  readonly minutes: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Told of each epoch and the share of the time that is gone. */
  readonly onEpoch: (event: EpochEvent) => void;
}

const embeddingUnits = 96;
/** Steps that gradients go back; the state goes on beyond (truncated backpropagation through time; Williams and Peng, 1990). */
const pieceLength = 64;
const mostStreams = 32;
const learningRate = 3e-3;
const warmup = 50;
const dropRate = 0.3;
const patience = 4;
/** Epochs without a better validation loss after which the rate falls faster, and those in which it then comes to 0. */
const stall = 2;
const epochsOfFall = 4;

function build({ cell, layers, units, tokens }: TextShape, seed: number): Sequential {
  const options = {
    units,
    layers,
    returnSequences: true,
    stateful: true,
    dropout: layers > 1 ? dropRate : 0,
    variational: false,
  };
  const recurrent = cell === 'lstm' ? lstm(options) : cell === 'gru' ? gru(options) : simpleRnn(options);
  return sequential(
    [embedding({ tokens, units: embeddingUnits }), recurrent, dropout({ rate: dropRate }), dense({ units: tokens })],
    {
      inputShape: [pieceLength],
      seed,
    },
  );
}

/** A loader of a text as streams that go on from batch to batch; fewer and shorter pieces for a short text. */
function streamsOf(tokens: Int32Array, most: number): DataLoader {
  const length = Math.min(pieceLength, Math.max(1, Math.floor((tokens.length - 1) / 2)));
  const streams = Math.max(1, Math.min(most, Math.floor((tokens.length - 1) / (4 * length))));
  return new DataLoader(textStreams(tokens, { length, streams }), { batchSize: streams });
}

/**
 * Takes the rate from its start down to 0 along half a cosine (Loshchilov and Hutter, 2016), which ends with the last whole epoch that
 * the time allows, and ends the run there. Once the validation loss stalls, only a few epochs are left: a text that has been learnt by
 * heart gains no more from a high rate, but still from the fall.
 */
class TimeBudget implements Callback {
  private readonly begun = performance.now();
  private end: number;
  private lastEpoch = Number.POSITIVE_INFINITY;
  private best = Number.POSITIVE_INFINITY;
  private stalled = 0;

  constructor(
    private readonly optimizer: { learningRate: number },
    private readonly seconds: number,
  ) {
    this.end = seconds;
  }

  private get gone(): number {
    return (performance.now() - this.begun) / 1000;
  }

  onStepEnd({ step }: { step: number }, control: RunControl): void {
    // Time to spare for an epoch that takes longer than those before.
    if (this.gone >= 1.05 * this.seconds) control.stop();
    const falling = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, this.gone / this.end)));
    this.optimizer.learningRate = learningRate * falling * Math.min(1, (step + 1) / warmup);
  }

  onEpochEnd({ epoch, validation }: EpochEvent, control: RunControl): void {
    const loss = validation?.loss ?? 0;
    this.stalled = loss < this.best ? 0 : this.stalled + 1;
    this.best = Math.min(this.best, loss);
    if (this.stalled >= stall) this.lastEpoch = Math.min(this.lastEpoch, epoch + epochsOfFall);
    const each = this.gone / epoch;
    const left = Math.min(Math.floor((this.seconds - this.gone) / each), this.lastEpoch - epoch);
    if (left < 1) control.stop();
    this.end = this.gone + left * each;
  }
}

/** Nats a token of a text that is read as one stream from a state of zeros. */
export async function nats(model: Sequential, tokens: Int32Array): Promise<number> {
  resetState(model);
  const trainer = new Trainer({ model, loss: crossEntropy() });
  const { loss } = await trainer.evaluate(streamsOf(tokens, 1));
  resetState(model);
  return loss;
}

/** Trains on the tokens, of which the last twentieth tells when to stop. */
export async function fitText(tokens: Int32Array, { shape, minutes, seed, signal, onEpoch }: TextFit): Promise<Sequential> {
  const cut = Math.floor(tokens.length * 0.95);
  const model = build(shape, seed);
  const optimizer = adam({ lr: learningRate / warmup, clip: { globalNorm: 1 } });
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer });
  const validation = streamsOf(tokens.slice(cut), mostStreams);
  // The streams begin anew in each epoch, and so do their states.
  const anew: Callback = {
    onEpochEnd: (event) => {
      resetState(model);
      onEpoch(event);
    },
  };
  await trainer.fit(streamsOf(tokens.slice(0, cut), mostStreams), {
    epochs: 1_000_000,
    signal,
    validation,
    callbacks: [new TimeBudget(optimizer, minutes * 60), earlyStopping(model, { patience }), anew],
  });
  resetState(model);
  return model;
}
