/**
 * The one place that knows PyTorch's names and layouts. PyTorch has channels first and weights [out, in, kernel...]; here channels
 * come last, weights are [kernel..., in, out], and some parameters have other names. Gradients change as their parameters do.
 */
import { ArgumentError, ShapeError } from '../errors.js';
import type { AnyLayer } from '../layers/layer.js';
import { Recurrent } from '../layers/recurrent.js';
import { permute } from '../ops/index.js';
import { checkTensor } from '../ops/operand.js';
import { shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** How an array changes between PyTorch and here: not at all, or as weights do. */
type Layout = 'same' | 'weight';

/** Parameters and buffers of a layer by their name here: PyTorch's name and how the layout changes. */
type Names = Readonly<Record<string, readonly [torch: string, layout: Layout]>>;

const weightAndBias: Names = { weight: ['weight', 'weight'], bias: ['bias', 'same'] };

const affine: Names = { scale: ['weight', 'same'], shift: ['bias', 'same'] };
const running: Names = {
  mean: ['running_mean', 'same'],
  variance: ['running_var', 'same'],
  batches: ['num_batches_tracked', 'same'],
};

/** Those of one direction of one layer; PyTorch has them in the layer over sequences, with the direction in their name. */
const recurrent: Names = {
  weightInput: ['weight_ih', 'weight'],
  weightRecurrent: ['weight_hh', 'weight'],
  biasInput: ['bias_ih', 'same'],
  biasRecurrent: ['bias_hh', 'same'],
  projection: ['weight_hr', 'weight'],
};

/** By the class of the layer. */
const namesOf: Readonly<Record<string, Names>> = {
  Dense: weightAndBias,
  Conv1d: weightAndBias,
  Conv2d: weightAndBias,
  Conv3d: weightAndBias,
  DepthwiseConv1d: weightAndBias,
  DepthwiseConv2d: weightAndBias,
  ConvTranspose1d: weightAndBias,
  ConvTranspose2d: weightAndBias,
  ConvTranspose3d: weightAndBias,
  BatchNorm: { ...affine, ...running },
  InstanceNorm: { ...affine, ...running },
  LayerNorm: affine,
  RmsNorm: affine,
  GroupNorm: affine,
  Embedding: { weight: ['weight', 'same'] },
  RnnCell: recurrent,
  LstmCell: recurrent,
  GruCell: recurrent,
  PRelu: { slope: ['weight', 'same'] },
};

/** [batch, channels, spatial...] to [batch, spatial..., channels]. */
export function channelsLast(x: Tensor): Tensor {
  checkTensor('channelsLast', x);
  if (x.rank < 3) return x;
  return permute(x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);
}

/** [batch, spatial..., channels] to [batch, channels, spatial...]. */
export function channelsFirst(x: Tensor): Tensor {
  checkTensor('channelsFirst', x);
  if (x.rank < 3) return x;
  return permute(x, [0, x.rank - 1, ...x.shape.slice(2).map((_, i) => i + 1)]);
}

/**
 * A weight [out, in, kernel...] of PyTorch as [kernel..., in, out]. Of a transposed convolution PyTorch has [in, out, kernel...], which
 * by the same turn becomes [kernel..., out, in], as it is here.
 */
export function weightFromTorch(weight: Tensor): Tensor {
  checkTensor('weightFromTorch', weight);
  if (weight.rank < 2) throw new ShapeError(`[weightFromTorch] expected at least 2 axes, received ${shapeText(weight.shape)}`);
  return permute(weight, [...weight.shape.slice(2).map((_, i) => i + 2), 1, 0]);
}

/** The inverse of `weightFromTorch`. */
export function weightToTorch(weight: Tensor): Tensor {
  checkTensor('weightToTorch', weight);
  const n = weight.rank;
  if (n < 2) throw new ShapeError(`[weightToTorch] expected at least 2 axes, received ${shapeText(weight.shape)}`);
  return permute(weight, [n - 1, n - 2, ...weight.shape.slice(2).map((_, i) => i)]);
}

interface Place {
  readonly path: string;
  readonly torch: string;
  readonly layout: Layout;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/**
 * Each parameter and buffer of a model with PyTorch's name; layers have the names that they have here.
 *
 * @param torchPath of what the names of PyTorch begin with
 * @param suffix of what they end with
 */
function placesIn(layer: AnyLayer, path = '', torchPath = '', suffix = ''): Place[] {
  const own = [...layer.ownParameters.keys(), ...layer.ownBuffers.keys()].map((name): Place => {
    const known = namesOf[layer.type]?.[name];
    if (known === undefined) {
      throw new ArgumentError(`[torch] expected layers that PyTorch has, too, received ${layer.where} with ${name}`);
    }
    return { path: join(path, name), torch: join(torchPath, known[0] + suffix), layout: known[1] };
  });
  const inner = [...layer.layers].flatMap(([name, one]) =>
    layer instanceof Recurrent
      ? placesIn(one, join(path, name), torchPath, `_l${name}`)
      : placesIn(one, join(path, name), join(torchPath, name)),
  );
  return [...own, ...inner];
}

function take(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new ArgumentError(`[torch] expected a tensor ${name}, received none of that name`);
  return value;
}

/** What a state dict of PyTorch holds, by the paths and in the layouts of `model`, which must be built: for `loadStateDict`. */
export function fromTorch(model: AnyLayer, state: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    placesIn(model).map(({ path, torch, layout }) => {
      const value = take(state, torch);
      return [path, layout === 'weight' ? weightFromTorch(value) : value];
    }),
  );
}

/** The inverse of `fromTorch`, for parameters or their gradients by path; those that are missing are left out. */
export function toTorch(model: AnyLayer, values: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map(
    placesIn(model).flatMap(({ path, torch, layout }): [string, Tensor][] => {
      const value = values.get(path);
      if (value === undefined) return [];
      return [[torch, layout === 'weight' ? weightToTorch(value) : value]];
    }),
  );
}
