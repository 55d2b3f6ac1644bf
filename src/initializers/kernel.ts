import { ArgumentError, describe, ShapeError } from '../errors.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { Initializer } from './initializer.js';

/** Numbers nested as deep as a kernel has axes, or a tensor. */
type Kernel = Tensor | readonly unknown[];

export interface KernelOptions {
  /** One kernel [...kernel] for all filters, such as one of `imageFilters`, or a list of them, taken in turn. */
  values: Kernel | readonly Kernel[];
}

type Numbers = number | Numbers[];

function numbersOf(value: unknown): Numbers {
  if (value instanceof Tensor) return value.toArray() as Numbers;
  if (Array.isArray(value)) return value.map(numbersOf);
  // JSON knows no -0.
  if (typeof value === 'number') return value === 0 ? 0 : value;
  throw new ArgumentError(`[kernel] expected values to be tensors or nested arrays of numbers, received ${describe(value)}`);
}

function shapeOf(values: Numbers): number[] {
  return Array.isArray(values) ? [values.length, ...(values.length === 0 ? [] : shapeOf(values[0] as Numbers))] : [];
}

function flat(values: Numbers): number[] {
  return Array.isArray(values) ? values.flatMap(flat) : [values];
}

/** The kernels of a weight with these spatial sizes: one, or a list. */
function kernelsOf(values: Numbers, spatial: Shape): number[][] {
  const shape = shapeOf(values);
  const single = shape.length === spatial.length;
  const list = single ? [values] : (values as Numbers[]);
  const size = spatial.reduce((product, n) => product * n, 1);
  const kernels = list.map(flat);
  if (list.length === 0 || list.some((kernel, i) => !sameShape(shapeOf(kernel), spatial) || kernels[i]?.length !== size)) {
    throw new ShapeError(
      `[kernel] expected values of shape ${shapeText(spatial)}, or a list of such, received ${shapeText(shape)}`,
    );
  }
  return kernels;
}

/**
 * Given kernels as the first values of a convolution [...kernel, in, out]: filter o gets kernel o, from the first again after the
 * last. Where a filter sees several channels, each gets its share: the filter then works on their mean.
 *
 * @example
 * conv2d({ filters: 1, kernelSize: 3, bias: false, weightInitializer: initializers.kernel({ values: imageFilters.sharpen() }) });
 */
export function kernel(options: KernelOptions): Initializer {
  if (options === null || typeof options !== 'object')
    throw new ArgumentError(`[kernel] expected options with values, received ${describe(options)}`);
  const values = numbersOf(options.values);
  return {
    name: 'kernel',
    config: { values },
    sample: (shape, _fan, _stream, dtype) => {
      const kernels = kernelsOf(values, shape.slice(0, -2));
      const [channels, out] = shape.slice(-2) as [number, number];
      const result = new Tensor([...shape], dtype);
      const array = result.floats;
      for (let i = 0; i < array.length; i++) {
        const cell = Math.floor(i / (channels * out));
        array[i] = (kernels[(i % out) % kernels.length]?.[cell] as number) / channels;
      }
      return result;
    },
  };
}
