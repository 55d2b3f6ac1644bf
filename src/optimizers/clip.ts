import { noGrad } from '../autograd/tape.js';
import { backendFor } from '../backend/select.js';
import { ArgumentError, describe } from '../errors.js';
import { affine, clip } from '../ops/index.js';
import { checkFloatTensor } from '../ops/operand.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkKeys, checkRange } from './settings.js';

/** How an optimizer limits gradients before each step: one of these. */
export interface ClipOptions {
  /** Each element to [-value, value]. */
  value?: number;
  /** Each gradient to this norm. */
  norm?: number;
  /** All gradients, taken as one vector, to this norm. */
  globalNorm?: number;
  /** Which norm: 1, 2, Infinity or any other power > 0; default 2. */
  order?: number;
}

export interface ClippedGradients {
  /** New tensors, in the order of the given ones. */
  grads: Tensor[];
  /** The norm of all gradients before. */
  norm: number;
}

/** Keeps the divisor from 0, as PyTorch has it. */
const epsilon = 1e-6;

/** What a gradient of this norm is multiplied by so that it has no more than `largest`. */
export function clipFactor(norm: number, largest: number): number {
  return Math.min(1, largest / (norm + epsilon));
}

/** The norm of the elements of all tensors as one vector. */
export function globalNorm(tensors: readonly Tensor[], order = 2): number {
  checkTensors('globalNorm', tensors);
  checkOrder('globalNorm', order);
  if (order === Number.POSITIVE_INFINITY) return tensors.reduce((most, tensor) => Math.max(most, largestOf(tensor)), 0);
  if (order !== 2) return tensors.reduce((sum, tensor) => sum + powerSum(tensor, order), 0) ** (1 / order);
  const squares = tensors.reduce((sum, tensor) => sum + sumSquares(tensor), 0);
  if (Number.isFinite(squares)) return Math.sqrt(squares);
  // float32 sums of squares overflow long before the norm does.
  return Math.sqrt(tensors.reduce((sum, tensor) => sum + powerSum(tensor, 2), 0));
}

/**
 * Gradients with each element limited to [-value, value].
 *
 * @example
 * optimizer.step(parameters, clipByValue(grads, 0.5));
 */
export function clipByValue(grads: readonly Tensor[], value: number): Tensor[] {
  checkTensors('clipByValue', grads);
  checkRange('clipByValue', 'the value', value, Number.MIN_VALUE);
  return noGrad(() => grads.map((grad) => clip(grad, -value, value)));
}

/** Gradients each scaled to a norm of at most `norm`. */
export function clipByNorm(grads: readonly Tensor[], norm: number, order = 2): Tensor[] {
  checkTensors('clipByNorm', grads);
  checkRange('clipByNorm', 'the norm', norm, Number.MIN_VALUE);
  return noGrad(() => grads.map((grad) => affine(grad, clipFactor(globalNorm([grad], order), norm), 0)));
}

/**
 * Gradients scaled together so that their common norm is at most `norm`: min(1, norm / (||g|| + 1e-6)), as PyTorch's clip_grad_norm_.
 *
 * @example
 * const { grads, norm } = clipByGlobalNorm(gradients, 1);
 */
export function clipByGlobalNorm(grads: readonly Tensor[], norm: number, order = 2): ClippedGradients {
  checkTensors('clipByGlobalNorm', grads);
  checkRange('clipByGlobalNorm', 'the norm', norm, Number.MIN_VALUE);
  const before = globalNorm(grads, order);
  const factor = clipFactor(before, norm);
  return { grads: noGrad(() => grads.map((grad) => affine(grad, factor, 0))), norm: before };
}

/** Throws unless `options` names one way to clip. */
export function checkClip(where: string, options: unknown): asserts options is ClipOptions {
  checkKeys(where, options, ['value', 'norm', 'globalNorm', 'order']);
  const { order, ...ways } = options as ClipOptions;
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (given.length !== 1) {
    throw new ArgumentError(`[${where}] expected clip with one of value, norm and globalNorm, received ${given.length} of them`);
  }
  for (const [name, value] of given) checkRange(where, `clip.${name}`, value, Number.MIN_VALUE);
  if (order !== undefined) checkOrder(where, order);
}

function checkOrder(where: string, order: unknown): void {
  if (order !== Number.POSITIVE_INFINITY) checkRange(where, 'the order of the norm', order, Number.MIN_VALUE);
}

function checkTensors(where: string, tensors: unknown): void {
  if (!Array.isArray(tensors)) throw new ArgumentError(`[${where}] expected an array of tensors, received ${describe(tensors)}`);
  for (const tensor of tensors) checkFloatTensor(where, tensor);
}

function sumSquares(tensor: Tensor): number {
  if (tensor.size === 0) return 0;
  const sum = tensor.dtype === 'float64' ? new Float64Array(1) : new Float32Array(1);
  backendFor(tensor.dtype).reduce('sumSquares', tensor.floats, sum, 1, tensor.size, 1);
  return sum[0];
}

function powerSum(tensor: Tensor, order: number): number {
  const { floats } = tensor;
  let sum = 0;
  for (let i = 0; i < floats.length; i++) sum += Math.abs(floats[i]) ** order;
  return sum;
}

function largestOf(tensor: Tensor): number {
  const { floats } = tensor;
  let largest = 0;
  for (let i = 0; i < floats.length; i++) largest = Math.max(largest, Math.abs(floats[i]));
  return largest;
}
