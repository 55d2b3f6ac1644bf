import { ArgumentError } from '../errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkConfig, nameLayers } from './container.js';
import type { Context } from './context.js';
import { type AnyLayer, Layer } from './layer.js';
import { checkOptions, type LayerOptions } from './options.js';
import { type Application, input, Symbolic, type SymbolicOf } from './symbolic.js';
import { isShapeList, type ShapeOf, type Shapes, shapeList, type Value } from './value.js';

export interface GraphOptions<In extends Value, Out extends Value> extends LayerOptions {
  /** What `input` gave: one, or a list for a model that takes several tensors. */
  inputs: SymbolicOf<In>;
  /** What `apply` gave: one, or a list for a model that gives several. */
  outputs: SymbolicOf<Out>;
}

/** One use of a layer. Slots number the tensors of a run: first the inputs, then the results in the order of the steps. */
interface Step {
  readonly layer: AnyLayer;
  readonly from: readonly number[];
  readonly list: boolean;
}

/** The applications that `outputs` depend on, each behind those it depends on itself. Walked with a stack of its own: graphs may be deep. */
function inOrder(outputs: readonly Symbolic[]): Application[] {
  const order = new Set<Application>();
  const stack = outputs.map((symbol) => symbol.source).reverse();
  while (stack.length > 0) {
    const top = stack.at(-1);
    if (top == null || order.has(top)) {
      stack.pop();
      continue;
    }
    const open = top.inputs.map((symbol) => symbol.source).filter((source) => source !== null && !order.has(source));
    if (open.length === 0) order.add(top);
    else stack.push(...open.reverse());
  }
  return [...order];
}

function symbols(where: string, name: string, value: unknown): Symbolic[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((one) => one instanceof Symbolic)) {
    throw new ArgumentError(
      `[${where}] expected ${name} to be what input() or apply() gave, or a list of it, received something else`,
    );
  }
  return list as Symbolic[];
}

/** Layers connected in any way without cycles. */
export class Graph<In extends Value = Value, Out extends Value = Value> extends Layer<In, Out> {
  private readonly inputShapes: Shapes;
  private readonly steps: Step[] = [];
  private readonly results: readonly number[];
  private readonly givesList: boolean;

  constructor(options: GraphOptions<In, Out>, names?: ReadonlyMap<AnyLayer, string>) {
    checkOptions('Graph', options, ['inputs', 'outputs']);
    super(options);
    const inputs = symbols(this.type, 'inputs', options.inputs);
    const outputs = symbols(this.type, 'outputs', options.outputs);
    this.takesList = Array.isArray(options.inputs);
    this.givesList = Array.isArray(options.outputs);
    this.inputShapes = this.takesList ? inputs.map((symbol) => symbol.shape) : (inputs[0] as Symbolic).shape;
    if (new Set(inputs).size < inputs.length || inputs.some((symbol) => symbol.source !== null)) {
      throw new ArgumentError(`[${this.type}] expected distinct inputs made by input(), received others`);
    }
    const slots = this.connect(inputs, inOrder(outputs));
    this.results = outputs.map((symbol) => this.slotOf(slots, symbol.source ?? symbol) + symbol.output);
    const used = new Set([...this.results, ...this.steps.flatMap((step) => step.from)]);
    const unused = inputs.findIndex((_, i) => !used.has(i));
    if (unused >= 0)
      throw new ArgumentError(`[${this.type}] expected outputs that depend on every input, received none for input ${unused}`);
    const layers = [...new Set(this.steps.map((step) => step.layer))];
    for (const [name, layer] of names === undefined
      ? nameLayers(layers)
      : layers.map((one): [string, AnyLayer] => [names.get(one) ?? '', one])) {
      this.addLayer(name, layer);
    }
  }

  static fromLayers(config: Record<string, unknown>, layers: ReadonlyMap<string, AnyLayer>, options: LayerOptions): AnyLayer {
    const { inputs, inputList, steps, outputs, outputList } = config;
    const lists =
      [inputs, steps, outputs].every(Array.isArray) && typeof inputList === 'boolean' && typeof outputList === 'boolean';
    checkConfig(lists, 'Graph', 'inputs, steps and outputs');
    const known: Symbolic[] = (inputs as Shape[]).map((shape) => input(shape));
    const pick = (slots: unknown): Symbolic[] => {
      checkConfig(
        Array.isArray(slots) && slots.every((slot) => Number.isInteger(slot) && known[slot] !== undefined),
        'Graph',
        'slots of earlier results',
      );
      return (slots as number[]).map((slot) => known[slot] as Symbolic);
    };
    const choose = (list: unknown, from: Symbolic[]): Symbolic | Symbolic[] => (list === true ? from : (from[0] as Symbolic));
    for (const step of steps as unknown[]) {
      const { layer: name, from, list } = (step ?? {}) as Record<string, unknown>;
      const layer = layers.get(name as string);
      checkConfig(layer !== undefined && Array.isArray(from) && from.length > 0, 'Graph', 'steps of its layers');
      const result = layer.apply(choose(list, pick(from)));
      known.push(...(Array.isArray(result) ? result : [result]));
    }
    const from = pick(outputs);
    checkConfig(known.length > 0 && from.length > 0, 'Graph', 'at least one input and one output');
    const ends = {
      ...options,
      inputs: choose(inputList, known.slice(0, (inputs as Shape[]).length)),
      outputs: choose(outputList, from),
    };
    return new Graph<Value, Value>(
      ends as GraphOptions<Value, Value>,
      new Map([...layers].map(([name, layer]) => [layer, name])),
    );
  }

  protected override setup(inputShapes: ShapeOf<In>): void {
    this.walk(inputShapes, (step, shapes) => step.layer.build(shapes as ShapeOf<Value>));
  }

  protected override forward(x: In, context: Context): Out {
    const values: Tensor[] = Array.isArray(x) ? [...x] : [x];
    for (const step of this.steps) {
      const taken = step.list ? step.from.map((slot) => values[slot] as Tensor) : (values[step.from[0] as number] as Tensor);
      const y = step.layer.call(taken, context);
      if (Array.isArray(y)) values.push(...y);
      else values.push(y);
    }
    const results = this.results.map((slot) => values[slot] as Tensor);
    return (this.givesList ? results : results[0]) as Out;
  }

  override outputShape(inputShapes: ShapeOf<In>): ShapeOf<Out> {
    const declared = shapeList(this.inputShapes);
    const given = shapeList(inputShapes);
    if (given.length !== declared.length || given.some((shape, i) => shape.length !== (declared[i] as Shape).length)) {
      throw this.shapeError(
        `${declared.length} inputs of ranks ${declared.map((shape) => shape.length).join(', ')}`,
        inputShapes,
      );
    }
    const shapes = this.walk(inputShapes, () => {});
    const results = this.results.map((slot) => shapes[slot] as Shape);
    return (this.givesList ? results : results[0]) as Shapes as ShapeOf<Out>;
  }

  override flops(inputShapes: ShapeOf<In>): number {
    let sum = 0;
    this.walk(inputShapes, (step, shapes) => {
      sum += step.layer.flops(shapes as ShapeOf<Value>);
    });
    return sum;
  }

  override config(): Record<string, unknown> {
    const names = new Map([...this.layers].map(([name, layer]) => [layer, name]));
    return {
      inputs: shapeList(this.inputShapes),
      inputList: this.takesList,
      steps: this.steps.map(({ layer, from, list }) => ({ layer: names.get(layer), from, list })),
      outputs: this.results,
      outputList: this.givesList,
    };
  }

  /** @internal The name of the layer that gives its only output; undefined where there are several, or where an input is one. */
  outputLayer(): string | undefined {
    const source = this.givesList ? null : this.slotSources()[this.results[0] as number];
    return [...this.layers].find(([, layer]) => layer === source?.layer)?.[0];
  }

  /** @internal The part of it that leads to the first use of a layer, with `last` in that layer's place. */
  upTo(name: string, last: AnyLayer): AnyLayer {
    const layer = this.layers.get(name);
    const at = this.steps.findIndex((step) => step.layer === layer);
    const { steps, ...rest } = this.config();
    const [first] = this.slotSources().flatMap((source, slot) => (source === this.steps[at] ? [slot] : []));
    const config = { ...rest, steps: (steps as unknown[]).slice(0, at + 1), outputs: [first], outputList: false };
    const used = new Set(this.steps.slice(0, at + 1).map((step) => step.layer));
    const layers = [...this.layers].filter(([, one]) => used.has(one));
    return Graph.fromLayers(config, new Map(layers).set(name, last), this.options);
  }

  /** The step that fills each slot; undefined for inputs. */
  private slotSources(): (Step | undefined)[] {
    const sources: (Step | undefined)[] = shapeList(this.inputShapes).map(() => undefined);
    const shapes = this.walk(this.inputShapes, (step, given) => {
      const count = shapeList(step.layer.outputShape(given as ShapeOf<Value>)).length;
      for (let i = 0; i < count; i++) sources.push(step);
    });
    return sources.slice(0, shapes.length);
  }

  /** @internal */
  override declaredShape(): Shapes {
    return this.inputShapes;
  }

  private slotOf(slots: ReadonlyMap<Application | Symbolic, number>, source: Application | Symbolic): number {
    const slot = slots.get(source);
    if (slot === undefined)
      throw new ArgumentError(
        `[${this.type}] expected outputs that depend on the given inputs alone, received one that needs another input`,
      );
    return slot;
  }

  /** Makes the steps; where each input and the results of each application lie. */
  private connect(inputs: readonly Symbolic[], order: readonly Application[]): Map<Application | Symbolic, number> {
    const slots = new Map<Application | Symbolic, number>(inputs.map((symbol, i) => [symbol, i]));
    let next = inputs.length;
    for (const application of order) {
      const { layer, list } = application;
      const from = application.inputs.map((symbol) => this.slotOf(slots, symbol.source ?? symbol) + symbol.output);
      slots.set(application, next);
      this.steps.push({ layer, from, list });
      const shapes = application.inputs.map((symbol) => symbol.shape);
      next += shapeList(layer.outputShape((list ? shapes : shapes[0]) as ShapeOf<Value>)).length;
    }
    return slots;
  }

  /** Shows each step with the shapes that it gets; the shapes of all slots. */
  private walk(inputShapes: Shapes, see: (step: Step, shapes: Shapes) => void): Shape[] {
    const shapes: Shape[] = [...shapeList(inputShapes)];
    for (const step of this.steps) {
      const taken = step.from.map((slot) => shapes[slot] as Shape);
      const given = (step.list ? taken : taken[0]) as ShapeOf<Value>;
      see(step, given);
      const result: Shapes = step.layer.outputShape(given);
      if (isShapeList(result)) shapes.push(...result);
      else shapes.push(result);
    }
    return shapes;
  }
}

/**
 * A model of layers connected in any way without cycles: several inputs and outputs, skip connections, layers used more than once
 * (their parameters are shared, and counted once).
 *
 * @example
 * const x = input([8]);
 * const h = dense({ units: 8, activation: 'relu' }).apply(x);
 * const model = graph({ inputs: x, outputs: add().apply([x, h]) });
 */
export function graph(options: GraphOptions<Tensor, Tensor>): Graph<Tensor, Tensor>;
export function graph(options: GraphOptions<Tensor[], Tensor>): Graph<Tensor[], Tensor>;
export function graph(options: GraphOptions<Tensor, Tensor[]>): Graph<Tensor, Tensor[]>;
export function graph(options: GraphOptions<Tensor[], Tensor[]>): Graph<Tensor[], Tensor[]>;
export function graph<In extends Value, Out extends Value>(options: GraphOptions<In, Out>): Graph<In, Out> {
  return new Graph(options);
}
