import { ShapeError } from '../errors.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { permute, reshape } from './movement.js';
import { checkInteger, checkTensor } from './operand.js';

/** @internal The shape of a sample [...spatial, channels] after `pixelShuffle`. */
export function shuffledShape(where: string, shape: Shape, factor: number): Shape {
  checkInteger(where, 'factor', factor, 1);
  const spatial = shape.slice(0, -1);
  const channels = shape.at(-1) ?? 0;
  const cells = factor ** spatial.length;
  if (spatial.length < 1 || spatial.length > 3 || channels % cells !== 0)
    throw new ShapeError(
      `[${where}] expected [...spatial, channels] with 1 to 3 spatial axes and a multiple of ${cells} channels, received ${shapeText(shape)}`,
    );
  return [...spatial.map((n) => n * factor), channels / cells];
}

/** @internal The shape of a sample [...spatial, channels] after `pixelUnshuffle`. */
export function unshuffledShape(where: string, shape: Shape, factor: number): Shape {
  checkInteger(where, 'factor', factor, 1);
  const spatial = shape.slice(0, -1);
  if (spatial.length < 1 || spatial.length > 3 || spatial.some((n) => n % factor !== 0))
    throw new ShapeError(
      `[${where}] expected [...spatial, channels] with 1 to 3 spatial axes that ${factor} divides, received ${shapeText(shape)}`,
    );
  return [...spatial.map((n) => n / factor), (shape.at(-1) as number) * factor ** spatial.length];
}

/**
 * Channels become cells: each cell with C * factor^d channels becomes a block of factor^d cells with C channels (Shi et al. 2016,
 * sub-pixel convolution). Channel c * factor^d + b, as in PyTorch, goes to channel c of cell b of the block, the last axis fastest.
 *
 * @param x [batch, ...spatial, channels * factor^d] with d = 1 to 3 spatial axes
 * @returns [batch, ...spatial * factor, channels]
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  checkTensor('pixelShuffle', x);
  const to = shuffledShape('pixelShuffle', x.shape.slice(1), factor);
  const spatial = x.shape.slice(1, -1);
  const d = spatial.length;
  const batch = x.shape[0] as number;
  const channels = to[d] as number;
  // [batch, ...spatial, channels, ...block] to [batch, axis 0, block 0, axis 1, block 1, ..., channels].
  const parted = reshape(x, [batch, ...spatial, channels, ...spatial.map(() => factor)]);
  const axes = spatial.flatMap((_, i) => [1 + i, 2 + d + i]);
  return reshape(permute(parted, [0, ...axes, 1 + d]), [batch, ...to]);
}

/**
 * The inverse of `pixelShuffle`: blocks of factor^d cells become channels.
 *
 * @param x [batch, ...spatial, channels], each spatial axis a multiple of `factor`
 * @returns [batch, ...spatial / factor, channels * factor^d]
 */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  checkTensor('pixelUnshuffle', x);
  const to = unshuffledShape('pixelUnshuffle', x.shape.slice(1), factor);
  const d = to.length - 1;
  const batch = x.shape[0] as number;
  const spatial = to.slice(0, -1);
  const parted = reshape(x, [batch, ...spatial.flatMap((n) => [n, factor]), x.shape[x.rank - 1] as number]);
  const axes = [...spatial.map((_, i) => 1 + 2 * i), 1 + 2 * d, ...spatial.map((_, i) => 2 + 2 * i)];
  return reshape(permute(parted, [0, ...axes]), [batch, ...to]);
}
