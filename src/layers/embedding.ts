import { ArgumentError, ShapeError } from '../errors.js';
import type { Initializer } from '../initializers/initializer.js';
import { describeInitializer, type InitializerLike, resolveInitializer } from '../initializers/resolve.js';
import { embedding as lookUp } from '../ops/index.js';
import { checkFloatTensor, checkInteger } from '../ops/operand.js';
import type { Parameter } from '../tensor/parameter.js';
import { type Shape, sameShape, shapeText } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { Layer } from './layer.js';
import { checkBoolean, checkOptions, type LayerOptions } from './options.js';

export interface EmbeddingOptions extends LayerOptions {
  /** How many different indices there are; they count from 0. */
  tokens: number;
  /** Size of the vector of each. */
  units: number;
  /** The index that stands for padding: its vector starts as zeros and gets no gradient. */
  paddingIndex?: number;
  /** Whether the vectors stay as they are; default false. */
  frozen?: boolean;
  /** Whether the gradient of a vector is divided by how often its index occurs in the batch; default false. */
  scaleGradByFrequency?: boolean;
  /** The first vectors [tokens, units], all of them: those of a file, for example. They are copied. */
  vectors?: Tensor;
  /** Default normal with mean 0 and deviation 1. */
  weightInitializer?: InitializerLike;
}

/** An initialiser whose row `padding` is zeros. */
function padded(initializer: Initializer, padding: number, units: number): Initializer {
  return {
    ...initializer,
    sample: (...args) => {
      const values = initializer.sample(...args);
      values.array.fill(0, padding * units, (padding + 1) * units);
      return values;
    },
  };
}

/** An initialiser that gives these values. */
function given(vectors: Tensor): Initializer {
  return { name: 'vectors', config: {}, sample: (_shape, _fan, _stream, dtype) => vectors.cast(dtype) };
}

/** A vector for each index: from whole numbers [...] to [..., units]. Parameter: `weight` [tokens, units]. */
export class Embedding extends Layer {
  readonly tokens: number;
  readonly units: number;
  weight: Parameter | null = null;
  private readonly lookup: { paddingIndex?: number; scaleGradByFrequency: boolean };
  private readonly frozen: boolean;
  private readonly vectors: Tensor | undefined;
  private readonly weightInitializer: Initializer;

  constructor(options: EmbeddingOptions) {
    checkOptions('Embedding', options, [
      'tokens',
      'units',
      'paddingIndex',
      'frozen',
      'scaleGradByFrequency',
      'vectors',
      'weightInitializer',
    ]);
    super(options);
    const { tokens, units, paddingIndex, frozen = false, scaleGradByFrequency = false, vectors } = options;
    checkInteger(this.type, 'tokens', tokens, 1);
    checkInteger(this.type, 'units', units, 1);
    if (paddingIndex !== undefined) checkInteger(this.type, 'paddingIndex', paddingIndex, 0, tokens - 1);
    checkBoolean(this.type, 'frozen', frozen);
    checkBoolean(this.type, 'scaleGradByFrequency', scaleGradByFrequency);
    if (vectors !== undefined) {
      checkFloatTensor(this.type, vectors);
      if (!sameShape(vectors.shape, [tokens, units]))
        throw new ShapeError(
          `[${this.type}] expected vectors ${shapeText([tokens, units])}, received ${shapeText(vectors.shape)}`,
        );
      if (options.weightInitializer !== undefined)
        throw new ArgumentError(`[${this.type}] expected vectors or weightInitializer, received both`);
    }
    this.tokens = tokens;
    this.units = units;
    this.lookup = { ...(paddingIndex === undefined ? {} : { paddingIndex }), scaleGradByFrequency };
    this.frozen = frozen;
    this.vectors = vectors;
    this.weightInitializer = resolveInitializer(
      this.type,
      options.weightInitializer ?? { name: 'normal', config: { mean: 0, std: 1 } },
    );
  }

  protected override setup(): void {
    const { tokens, units, vectors, weightInitializer } = this;
    const { paddingIndex } = this.lookup;
    const drawn = paddingIndex === undefined ? weightInitializer : padded(weightInitializer, paddingIndex, units);
    this.weight = this.addParameter('weight', [tokens, units], vectors === undefined ? drawn : given(vectors));
    this.weight.trainable = !this.frozen;
  }

  protected override forward(x: Tensor): Tensor {
    return lookUp(this.weight as Parameter, x, this.lookup);
  }

  override outputShape(inputShape: Shape): Shape {
    return [...inputShape, this.units];
  }

  override config(): Record<string, unknown> {
    const { tokens, units, lookup, frozen } = this;
    return { tokens, units, ...lookup, frozen, weightInitializer: describeInitializer(this.weightInitializer) };
  }
}

/** A table of vectors, one for each index. */
export function embedding(options: EmbeddingOptions): Embedding {
  return new Embedding(options);
}
