import { checkOptions, ShapeError } from '../errors.js';
import { broadcastTo, cast, conv, type Padding, type PaddingMode, reshape } from '../ops/index.js';
import { checkTensor } from '../ops/operand.js';
import { isFloat } from '../tensor/dtype.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

export interface ApplyFilterOptions {
  /** Default 'same': the result is as large as the image. */
  padding?: Padding;
  /** What stands around the image; default 'replicate', which leaves no edge at the border. */
  paddingMode?: PaddingMode;
}

/**
 * Slides a kernel over an image, each channel by itself. Values are neither scaled nor clipped.
 *
 * @param image [height, width], [height, width, channels] or [batch, height, width, channels], of any type
 * @param kernel [height, width], for example of `imageFilters`
 * @returns a float tensor with as many axes as the image
 * @throws ShapeError naming both shapes if they are no image and no kernel
 * @example
 * applyFilter(image, imageFilters.gaussian({ sigma: 2 }));
 */
export function applyFilter(image: Tensor, kernel: Tensor, options: ApplyFilterOptions = {}): Tensor {
  checkTensor('applyFilter', image);
  checkTensor('applyFilter', kernel);
  checkOptions('applyFilter', options);
  const { padding = 'same', paddingMode = 'replicate' } = options;
  if (image.rank < 2 || image.rank > 4 || kernel.rank !== 2) {
    throw new ShapeError(
      `[applyFilter] expected an image [height, width], [height, width, channels] or [batch, height, width, channels] and a kernel [height, width], received ${shapeText(image.shape)} and ${shapeText(kernel.shape)}`,
    );
  }
  const x = isFloat(image.dtype) ? image : cast(image, 'float32');
  const k = kernel.dtype === x.dtype ? kernel : cast(kernel, x.dtype);
  const images = x.rank === 2 ? reshape(x, [1, ...x.shape, 1]) : x.rank === 3 ? reshape(x, [1, ...x.shape]) : x;
  const channels = images.shape[3] as number;
  const weight = broadcastTo(reshape(k, [...k.shape, 1, 1]), [...k.shape, 1, channels]);
  const y = conv(images, weight, null, { padding, paddingMode, groups: channels });
  return x.rank === 4 ? y : reshape(y, x.rank === 3 ? y.shape.slice(1) : y.shape.slice(1, 3));
}
