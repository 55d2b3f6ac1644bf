import { valueAndGrad } from '../../../src/autograd/grad.js';
import { fromTorch, toTorch } from '../../../src/io/torch.js';
import type { AnyLayer } from '../../../src/layers/layer.js';
import { mul, sum } from '../../../src/ops/index.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { distance, layerBound, lossBound, missing, type Values } from './check.js';
import type { CaseEntry, GoldenFolder, TensorEntry } from './folder.js';
import { Options } from './options.js';

/** Results by PyTorch's name and in PyTorch's layout, as differentiable functions of the leaves. */
export type Outputs = Record<string, Tensor>;

/** What an adapter says of a case: what is differentiated by, and how the outputs come from it. */
export interface Computation {
  /** What tells it from the other ways to compute the case, where there are several. */
  label?: string;
  forward: () => Outputs;
  /** Inputs and parameters that are differentiated by, in PyTorch's layout, by the name of their gradient. */
  leaves: Record<string, Tensor>;
  /** A layer whose parameters are differentiated by, too; its names and layouts are those of io/torch. */
  layer?: AnyLayer;
  /** The state after the call by PyTorch's name. */
  buffersAfter?: () => Record<string, Tensor>;
}

/** A case as adapters see it. */
export class LayerCase {
  readonly options: Options;

  constructor(
    private readonly folder: GoldenFolder,
    readonly entry: CaseEntry,
  ) {
    this.options = new Options(entry.layer, entry.config);
  }

  private load(entry: TensorEntry): Tensor {
    const { array, shape } = this.folder.array(this.entry.file, entry);
    return tensor(array, { shape });
  }

  private named(entries: Record<string, TensorEntry>): Map<string, Tensor> {
    return new Map(Object.entries(entries).map(([name, entry]) => [name, this.load(entry)]));
  }

  input(name: string): Tensor {
    const entry = this.entry.inputs[name];
    if (entry === undefined) throw new Error(`the case has no input ${name}`);
    return this.load(entry);
  }

  hasInput(name: string): boolean {
    return this.entry.inputs[name] !== undefined;
  }

  get inputNames(): string[] {
    return Object.keys(this.entry.inputs);
  }

  /** Parameters and buffers by PyTorch's name. */
  get state(): Map<string, Tensor> {
    return new Map([...this.named(this.entry.params), ...this.named(this.entry.buffers)]);
  }

  param(name: string): Tensor {
    const value = this.state.get(name);
    if (value === undefined) throw new Error(`the case has no parameter ${name}`);
    return value;
  }

  /** A layer built for these samples, with the case's parameters and buffers. */
  build<L extends AnyLayer>(layer: L, sampleShape: readonly number[]): L {
    layer.build([...sampleShape]);
    layer.loadStateDict(fromTorch(layer, this.state));
    return layer;
  }

  /** What differs from PyTorch, in words. */
  check({ label, forward, leaves, layer, buffersAfter }: Computation): string[] {
    this.options.done();
    const cotangents = this.named(this.entry.cotangents);
    const outputs = new Map<string, Values>();
    const sources = [...Object.values(leaves), ...(layer?.parameters() ?? [])];
    const { grads } = valueAndGrad(() => {
      const results = forward();
      for (const [name, result] of Object.entries(results)) outputs.set(name, valuesOf(result));
      return [...cotangents]
        .map(([name, cotangent]) => {
          const result = results[name];
          if (result === undefined) throw new Error(`no output ${name}`);
          return sum(mul(result, cotangent));
        })
        .reduce((a, b) => a.add(b));
    }, sources)();
    const gradients = new Map(Object.keys(leaves).map((name, i) => [name, valuesOf(grads[i] as Tensor)]));
    if (layer !== undefined) {
      const first = Object.keys(leaves).length;
      const byPath = new Map([...layer.namedParameters().keys()].map((path, i) => [path, grads[first + i] as Tensor]));
      for (const [name, grad] of toTorch(layer, byPath)) gradients.set(`param/${name}`, valuesOf(grad));
    }
    const buffers = Object.entries(buffersAfter?.() ?? {}).map(([name, value]): [string, Values] => [name, valuesOf(value)]);
    const { entry } = this;
    const problems = [
      ...this.compare('output', outputs, entry.outputs),
      ...this.compare('gradient', gradients, entry.gradients),
      ...this.compare('buffer_after', new Map(buffers), entry.buffers_after),
      ...this.checkLoss(outputs, cotangents),
    ];
    return label === undefined ? problems : problems.map((problem) => `${label}: ${problem}`);
  }

  private compare(role: string, got: ReadonlyMap<string, Values>, want: Record<string, TensorEntry>): string[] {
    const problems = missing(role, got.keys(), Object.keys(want));
    for (const [name, entry] of Object.entries(want)) {
      const values = got.get(name);
      if (values === undefined) continue;
      const bound = layerBound(this.entry.float32_error[`${role}/${name}`]);
      const problem = distance(`${role} ${name}`, values, this.folder.array(this.entry.file, entry), bound);
      if (problem !== null) problems.push(problem);
    }
    return problems;
  }

  private checkLoss(outputs: ReadonlyMap<string, Values>, cotangents: ReadonlyMap<string, Tensor>): string[] {
    let total = 0;
    for (const [name, cotangent] of cotangents) {
      const [a, b] = [(outputs.get(name) as Values).array, cotangent.data()];
      for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number);
    }
    const problem = distance(
      'loss',
      { shape: [], array: [total] },
      { shape: [], array: [this.entry.loss.value] },
      lossBound(this.entry),
    );
    return problem === null ? [] : [problem];
  }
}

function valuesOf(x: Tensor): Values {
  return { shape: x.shape, array: x.data() };
}
