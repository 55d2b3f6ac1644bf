import { noGrad } from '../autograd/tape.js';
import { ArgumentError, ShapeError } from '../errors.js';
import { type Fan, fanOf, type Initializer } from '../initializers/initializer.js';
import { full, zeros } from '../tensor/create.js';
import type { FloatDType } from '../tensor/dtype.js';
import { Parameter } from '../tensor/parameter.js';
import { defaultSeed, RandomStream } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { checkShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Context, inferenceContext, probingContext, trainingContext } from './context.js';
import { located, locateError } from './location.js';
import { checkCommonOptions, checkLayerName, type LayerOptions, regularize } from './options.js';
import { loadState, namedParameters, namedState, type StateValues } from './state.js';
import { summarize } from './summary.js';
import { applyLayer, type SymbolicOf } from './symbolic.js';
import {
  fits,
  isShapeList,
  type ShapeOf,
  type Shapes,
  sameShapes,
  sampleShapes,
  shapeList,
  shapesText,
  type Value,
} from './value.js';

/** A layer whatever its inputs and outputs. */
export type AnyLayer = Layer<Value, Value>;

/** Where a layer gets the values of a parameter instead of its initialiser. */
export type ParameterSource = (path: string, shape: Shape, dtype: FloatDType) => Tensor;

/**
 * A function of tensors with parameters. To write one of your own, extend this class:
 *
 * - `setup(inputShape)` creates parameters, once, when the shape of a sample is first known;
 * - `forward(x, context)` computes, from ops and from `call` of inner layers;
 * - `outputShape(inputShape)` tells the shape of a result, and refuses shapes that do not fit;
 * - `config()` tells, as plain JSON, what the constructor needs to make the layer again.
 *
 * Shapes are those of one sample, without the batch axis. Whole models are layers, too.
 *
 * @example
 * class Scale extends Layer {
 *   setup(inputShape) { this.weight = this.addParameter('weight', inputShape, initializers.ones()); }
 *   forward(x) { return x.mul(this.weight); }
 * }
 */
export abstract class Layer<In extends Value = Tensor, Out extends Value = Tensor> {
  /** The name that its options gave it, if any. */
  readonly name: string | undefined;
  /** Layers inside, by name, in the order they were added. */
  readonly layers = new Map<string, AnyLayer>();
  /** @internal Its own parameters, by name. */
  readonly ownParameters = new Map<string, Parameter>();
  /** @internal Its own state that is no parameter, such as running means. */
  readonly ownBuffers = new Map<string, Parameter>();
  /** @internal Its own streams of random numbers. */
  readonly ownStreams: RandomStream[] = [];
  /** Whether it takes a list of tensors, or either; set by the constructor of a layer that does not take one tensor alone. */
  protected takesList: boolean | 'either' = false;
  /** @internal */
  readonly options: LayerOptions;
  private parent: AnyLayer | null = null;
  private key = '';
  private builtShape: ShapeOf<In> | null = null;
  /** The shapes of the last call: what has them again needs no check. */
  private accepted: Shapes | null = null;
  private context: Context = inferenceContext;
  private source: ParameterSource | null = null;

  constructor(options: LayerOptions = {}) {
    checkCommonOptions(this.type, options);
    this.options = options;
    this.name = options.name;
  }

  // ---- for those who write layers

  /** Creates the parameters for samples of this shape. */
  protected setup(_inputShape: ShapeOf<In>): void {}

  /** The result for a batch. */
  protected abstract forward(x: In, context: Context): Out;

  /** The shape of the result for one sample; throws a ShapeError (see `shapeError`) where the input does not fit. Default: that of the input. */
  outputShape(inputShape: ShapeOf<In>): ShapeOf<Out> {
    return inputShape as Shapes as ShapeOf<Out>;
  }

  /** Plain JSON from which the constructor makes this layer again, without what `LayerOptions` holds. */
  config(): Record<string, unknown> {
    return {};
  }

  /** Floating-point operations for one sample, a multiply-add counted as two. Default: those of the layers inside. */
  flops(_inputShape: ShapeOf<In>): number {
    let sum = 0;
    for (const layer of this.layers.values()) if (layer.builtShape !== null) sum += layer.flops(layer.builtShape);
    return sum;
  }

  /** A parameter of this layer, called `name`. `fan` defaults to that of a weight [kernel..., in, out]. */
  protected addParameter(name: string, shape: Shape, initializer: Initializer, fan: Fan = fanOf(shape)): Parameter {
    return this.register(this.ownParameters, name, shape, (path, dtype) =>
      initializer.sample(shape, fan, new RandomStream(this.inherited('seed') ?? defaultSeed(), path), dtype),
    );
  }

  /** State that is saved with the parameters, but not trained: its first values are all `value`. */
  protected addBuffer(name: string, shape: Shape, value = 0): Parameter {
    const buffer = this.register(this.ownBuffers, name, shape, (_path, dtype) => full(shape, value, { dtype }));
    buffer.trainable = false;
    return buffer;
  }

  /** Puts a layer inside this one. Its parameters are named `<path of this>.<name>.<parameter>`. */
  protected addLayer<L extends AnyLayer>(name: string, layer: L): L {
    if (!(layer instanceof Layer))
      throw new ArgumentError(`[${this.where}] expected a layer to add as ${name}, received ${typeof layer}`);
    checkLayerName(this.where, name);
    if (this.layers.has(name))
      throw new ArgumentError(`[${this.where}] expected distinct names of layers, received '${name}' twice`);
    const inner = layer;
    if (inner === this.root)
      throw new ArgumentError(`[${this.where}] expected a layer other than the one it would go into, received ${inner.where}`);
    this.layers.set(name, inner);
    if (inner.parent === null) {
      inner.parent = this;
      inner.key = name;
    }
    return layer;
  }

  /** A stream of random numbers that is this layer's own: it depends on the seed, the path and `name`. */
  protected addStream(name: string): RandomStream {
    const stream = new RandomStream(this.inherited('seed') ?? defaultSeed(), `${this.pathOf(name)}()`);
    this.ownStreams.push(stream);
    return stream;
  }

  /** The error for an input that does not fit. */
  protected shapeError(expected: string, received: Shapes): ShapeError {
    return located(
      new ShapeError(`[${this.where}] expected ${expected} (without the batch axis), received ${shapesText(received)}`),
    );
  }

  // ---- for those who use them

  /** The result for a batch, in the mode of this layer or in the given context. Builds the layer at the first call. */
  call(x: In, context: Context = this.context): Out {
    try {
      const known = this.accepted !== null && fits(x, this.accepted);
      const expected = known ? null : this.admit(x);
      const y = this.forward(x, context);
      if (expected !== null) this.checkOutput(y, expected);
      if (context.observe !== null) context.observe(this, y, x);
      return y;
    } catch (error) {
      throw locateError(error, this.where);
    }
  }

  /** Creates the parameters for samples of this shape, here and in all layers inside. Done again, it only checks the shape. */
  build(inputShape: ShapeOf<In>): this {
    const list = isShapeList(inputShape);
    for (const shape of shapeList(inputShape)) checkShape(this.where, shape);
    if (!this.takes(list)) {
      throw this.shapeError(this.takesList ? 'shapes of a list of inputs' : 'the shape of one input', inputShape);
    }
    this.outputShape(inputShape);
    if (this.builtShape !== null) return this;
    if (this.parent === null) this.place(new Set([this]));
    this.builtShape = inputShape;
    try {
      noGrad(() => scope(() => this.create(inputShape)));
    } catch (error) {
      this.builtShape = null;
      this.ownParameters.clear();
      this.ownBuffers.clear();
      this.ownStreams.length = 0;
      throw error;
    }
    return this;
  }

  /** The shape it was built for; null before. */
  get inputShape(): ShapeOf<In> | null {
    return this.builtShape;
  }

  /** Its parameters and those of all layers inside, each once. Builds the layer if its input shape is declared. */
  parameters(): Parameter[] {
    return [...this.namedParameters().values()];
  }

  /** The parameters by path, e.g. `0.weight`. */
  namedParameters(): Map<string, Parameter> {
    this.ensureBuilt();
    return namedParameters(this);
  }

  /** Parameters and buffers by path: all that a file of the model holds. The live ones, not copies. */
  stateDict(): Map<string, Parameter> {
    this.ensureBuilt();
    return namedState(this);
  }

  /** Copies values, by path, into all parameters and buffers. Throws, before anything changes, if one is missing, left over or of another shape. */
  loadStateDict(values: StateValues): this {
    loadState(this.where, this.stateDict(), values);
    return this;
  }

  /** From now on `call` runs as in training: dropout drops. Trainer does so by itself. */
  train(): this {
    this.context = trainingContext;
    return this;
  }

  /** From now on `call` runs as in use; the mode in which a layer starts. */
  eval(): this {
    this.context = inferenceContext;
    return this;
  }

  get training(): boolean {
    return this.context.training;
  }

  /** The result for a batch as in use, whatever the mode; nothing is recorded, and what is created on the way is given back. */
  predict(x: In): Out {
    return noGrad(() => scope(() => this.call(x, inferenceContext)));
  }

  /** A table of the layers: output shapes, parameters, bytes, operations. */
  summary(): string {
    this.ensureBuilt();
    return summarize(this);
  }

  /** Uses the layer in a graph: see `graph`. */
  apply(x: SymbolicOf<In>): SymbolicOf<Out> {
    return applyLayer(this, x) as SymbolicOf<Out>;
  }

  /** Its class, as a model's description names it. */
  get type(): string {
    return this.constructor.name;
  }

  /** Its place in the model, e.g. `body.conv1`; empty for the model itself. */
  get path(): string {
    return this.parent === null ? '' : this.parent.pathOf(this.key);
  }

  /** @internal Path and class, as errors name it. */
  get where(): string {
    return this.parent === null ? this.type : `${this.path} ${this.type}`;
  }

  /** @internal Whether, in use, the result for a sample depends on this sample alone, by the code of this class. */
  get mapsSamples(): boolean {
    return false;
  }

  /** @internal Builds with values from `source` in place of initialisers. */
  buildFrom(source: ParameterSource, inputShape: ShapeOf<In>): void {
    this.source = source;
    try {
      this.build(inputShape);
    } finally {
      this.source = null;
    }
  }

  /** @internal Builds the layer from its declared shape, or throws. */
  ensureBuilt(): void {
    if (this.builtShape !== null) return;
    const shape = this.declaredShape();
    if (shape === undefined) {
      throw new ArgumentError(
        `[${this.where}] expected a layer that has been built, by build(inputShape), the option inputShape or a first call, received none of them`,
      );
    }
    this.build(shape as ShapeOf<In>);
  }

  /** @internal The shape of a sample, where it is known before the first call. */
  declaredShape(): Shapes | undefined {
    return this.options.inputShape;
  }

  private takes(list: boolean): boolean {
    return this.takesList === 'either' || this.takesList === list;
  }

  private pathOf(name: string): string {
    const path = this.path;
    return path === '' ? name : `${path}.${name}`;
  }

  /** Gives the layers inside their places as this model has them: a layer that stands at several, or in other models too, the first here. */
  private place(seen: Set<AnyLayer>): void {
    for (const [name, inner] of this.layers) {
      if (seen.has(inner)) continue;
      seen.add(inner);
      inner.parent = this;
      inner.key = name;
      inner.place(seen);
    }
  }

  private get root(): AnyLayer {
    let layer: AnyLayer = this;
    while (layer.parent !== null) layer = layer.parent;
    return layer;
  }

  private inherited<Key extends 'seed' | 'dtype'>(key: Key): LayerOptions[Key] {
    for (let layer: AnyLayer | null = this; layer !== null; layer = layer.parent) {
      if (layer.options[key] !== undefined) return layer.options[key];
    }
    return undefined;
  }

  private register(
    table: Map<string, Parameter>,
    name: string,
    shape: Shape,
    initial: (path: string, dtype: FloatDType) => Tensor,
  ): Parameter {
    checkLayerName(this.where, name);
    checkShape(this.where, shape);
    if (this.ownParameters.has(name) || this.ownBuffers.has(name)) {
      throw new ArgumentError(`[${this.where}] expected distinct names of parameters, received '${name}' twice`);
    }
    const path = this.pathOf(name);
    const dtype = this.inherited('dtype') ?? 'float32';
    const source = this.root.source;
    const values = source === null ? initial(path, dtype) : source(path, shape, dtype);
    const parameter = new Parameter(path, [...shape], dtype);
    parameter.assign(values);
    values.dispose();
    table.set(name, parameter);
    return parameter;
  }

  private create(inputShape: ShapeOf<In>): void {
    this.setup(inputShape);
    regularize(this.where, this.options, this.ownParameters);
    for (const layer of this.layers.values()) {
      if (layer.builtShape !== null) continue;
      // Which shapes reach the layers inside, a run tells.
      const dtype = this.inherited('dtype') ?? 'float32';
      const samples = shapeList(inputShape).map((shape) => zeros([1, ...shape], { dtype }));
      this.forward((isShapeList(inputShape) ? samples : samples[0]) as In, probingContext);
      return;
    }
  }

  /** Builds the layer if need be, refuses what does not fit; the shapes that the result must have. */
  private admit(x: In): Shapes {
    const shapes = sampleShapes(this.where, x);
    if (!this.takes(isShapeList(shapes))) {
      throw new ArgumentError(
        `[${this.where}] expected ${this.takesList ? 'a list of tensors' : 'one tensor'}, received ${Array.isArray(x) ? 'a list' : 'one'}`,
      );
    }
    this.build(shapes as ShapeOf<In>);
    const expected = this.outputShape(shapes as ShapeOf<In>);
    this.accepted = shapes;
    return expected;
  }

  private checkOutput(y: Out, expected: Shapes): void {
    const received = sampleShapes(this.where, y);
    if (sameShapes(received, expected)) return;
    this.accepted = null;
    throw located(
      new ShapeError(
        `[${this.where}] expected forward to give the shape that outputShape tells, ${shapesText(expected)}, received ${shapesText(received)}`,
      ),
    );
  }
}
