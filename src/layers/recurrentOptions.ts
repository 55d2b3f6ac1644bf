import { ArgumentError } from '../errors.js';
import { checkInteger } from '../ops/operand.js';
import { type Bidirectional, checkBidirectional } from './directions.js';
import { checkRate } from './dropout.js';
import { checkBoolean } from './options.js';
import type { RecurrentCellOptions } from './recurrentCell.js';

/** What all recurrent layers take beside what their cells take. */
export interface RecurrentLayerOptions extends RecurrentCellOptions {
  /** How many lie on top of each other, each on the outputs of the one below; default 1. */
  layers?: number;
  /** Whether sequences are read backwards, too, and how the outputs of both directions become one; true is 'concat'. Default false. */
  bidirectional?: boolean | Bidirectional;
  /** Whether sequences are read from their last step to their first alone; default false. */
  reverse?: boolean;
  /** Whether the outputs of all steps are the result, or that of the last step alone; default false. */
  returnSequences?: boolean;
  /** Whether the result is a list of the output and the final states; default false. */
  returnState?: boolean;
  /** Whether each batch goes on where the one before ended, until `resetState()`; default false. */
  stateful?: boolean;
  /** Share of the inputs that are dropped in training; default 0. */
  inputDropout?: number;
  /** Share of what goes from one layer to the next that is dropped in training; default 0. */
  dropout?: number;
  /** Share of the state that is dropped in training on its way into the recurrent products, the same at each step; default 0. */
  recurrentDropout?: number;
  /** Whether `inputDropout` and `dropout` drop the same elements at each step (Gal and Ghahramani 2016); default true. */
  variational?: boolean;
}

/** The names of the options above. */
export const recurrentLayerOptions: readonly string[] = [
  'layers',
  'bidirectional',
  'reverse',
  'returnSequences',
  'returnState',
  'stateful',
  'inputDropout',
  'dropout',
  'recurrentDropout',
  'variational',
];

/** All of them, checked. */
export type RecurrentSettings = Required<Omit<RecurrentLayerOptions, keyof RecurrentCellOptions | 'bidirectional'>> & {
  readonly bidirectional: Bidirectional | false;
};

/** The settings that options mean; throws where one is of the wrong kind, or where two exclude each other. */
export function recurrentSettings(where: string, options: RecurrentLayerOptions): RecurrentSettings {
  const { layers = 1, inputDropout = 0, dropout = 0, recurrentDropout = 0 } = options;
  const { reverse = false, returnSequences = false, returnState = false, stateful = false, variational = true } = options;
  const bidirectional = checkBidirectional(where, options.bidirectional ?? false);
  const switches = { reverse, returnSequences, returnState, stateful, variational };
  const rates = { inputDropout, dropout, recurrentDropout };
  checkInteger(where, 'layers', layers, 1, 1000);
  for (const [name, value] of Object.entries(switches)) checkBoolean(where, name, value);
  for (const [name, value] of Object.entries(rates)) checkRate(where, name, value);
  const excluded = (when: boolean, expected: string): void => {
    if (when) throw new ArgumentError(`[${where}] expected ${expected}`);
  };
  const both = bidirectional !== false;
  excluded(reverse && both, 'reverse or bidirectional, received both');
  excluded(stateful && (reverse || both), 'stateful for sequences read forward alone, received reverse or bidirectional');
  excluded(dropout > 0 && layers === 1, `dropout between several layers, received ${dropout} with 1; inputDropout drops inputs`);
  return { layers, bidirectional, ...switches, ...rates };
}
