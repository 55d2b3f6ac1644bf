/** How the outputs of a forward and a reverse run become one. */
import { ArgumentError, describe } from '../errors.js';
import { add, affine, concat, mul, split } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';

/** Side by side, added, multiplied, or their mean. */
export type Bidirectional = 'concat' | 'sum' | 'mul' | 'average';

const merges: Readonly<Record<Bidirectional, (forward: Tensor, reverse: Tensor) => Tensor>> = {
  concat: (forward, reverse) => concat([forward, reverse], -1),
  sum: add,
  mul,
  average: (forward, reverse) => affine(add(forward, reverse), 0.5, 0),
};

/** The option as it is kept: true means 'concat'. */
export function checkBidirectional(where: string, value: boolean | Bidirectional): Bidirectional | false {
  const kind = value === true ? 'concat' : value;
  if (kind !== false && !(typeof kind === 'string' && Object.hasOwn(merges, kind))) {
    throw new ArgumentError(
      `[${where}] expected bidirectional to be false or one of ${Object.keys(merges).join(', ')}, received ${describe(value)}`,
    );
  }
  return kind;
}

/** One output of those of the directions. */
export function mergeDirections(parts: readonly Tensor[], kind: Bidirectional | false): Tensor {
  const [forward, reverse] = parts as [Tensor, Tensor];
  return kind === false ? forward : merges[kind](forward, reverse);
}

/** As `mergeDirections`, of outputs [..., 2 * width] that lie side by side already. */
export function mergeSequences(y: Tensor, kind: Bidirectional | false): Tensor {
  return kind === false || kind === 'concat' ? y : mergeDirections(split(y, 2, -1), kind);
}
