import type { Fan, Initializer } from '../../../src/initializers/index.js';
import * as ours from '../../../src/initializers/index.js';
import { RandomStream } from '../../../src/tensor/random.js';
import type { Config } from '../runner/folder.js';
import type { Adapter, Check } from '../runner/main.js';
import { Options } from '../runner/options.js';

interface Distribution {
  distribution: string;
  mean?: number;
  std: number;
  bound?: number;
}

interface InitializerEntry extends Distribution {
  initializer: string;
  shape: number[];
  config: Config;
}

interface LayerDefaults {
  layer: string;
  config: Config;
  params: Record<string, Distribution & { shape?: number[] }>;
}

interface Contents {
  initializers: InitializerEntry[];
  pytorch_layer_defaults: LayerDefaults[];
  gains: { nonlinearity: string; param: number | null; gain: number }[];
  orthogonal?: string;
}

const modeOf = (o: Options): 'in' | 'out' => (o.word('mode', ['fan_in', 'fan_out'], 'fan_in') === 'fan_in' ? 'in' : 'out');

/** PyTorch's gain for a nonlinearity, from its names. */
function gainOf(nonlinearity: string, param: number | null | undefined): number {
  const name = nonlinearity === 'leaky_relu' ? 'leakyRelu' : nonlinearity;
  return ours.gainFor(name as Parameters<typeof ours.gainFor>[0], param ?? undefined);
}

/** Kaiming's gain: by nonlinearity, as its functions take it. */
function kaimingGain(o: Options): number {
  const gain = gainOf(o.any('nonlinearity') as string, o.any('a') as number | null);
  o.number('gain', gain);
  return gain;
}

const makers: Readonly<Record<string, (o: Options) => Initializer>> = {
  xavier_uniform: (o) => ours.glorotUniform({ gain: o.number('gain', 1) }),
  xavier_normal: (o) => ours.glorotNormal({ gain: o.number('gain', 1) }),
  kaiming_uniform: (o) => ours.heUniform({ mode: modeOf(o), gain: kaimingGain(o) }),
  kaiming_normal: (o) => ours.heNormal({ mode: modeOf(o), gain: kaimingGain(o) }),
  trunc_normal: (o) =>
    ours.truncatedNormal({ mean: o.number('mean', 0), std: o.number('std', 1), low: o.number('a', -2), high: o.number('b', 2) }),
};

/** PyTorch's fans of a weight [out, in, kernel...]. */
function fanOf(shape: readonly number[]): Fan {
  const kernel = shape.slice(2).reduce((product, n) => product * n, 1);
  return { in: (shape[1] ?? 1) * kernel, out: (shape[0] ?? 1) * kernel };
}

/** The sample's moments must agree with the claim to five standard errors, and its largest element with the bound. */
function checkSample(initializer: Initializer, shape: readonly number[], fan: Fan, want: Distribution): string[] {
  const stream = new RandomStream(1, 'golden');
  const size = shape.reduce((product, n) => product * n, 1);
  const values: number[] = [];
  for (let i = 0; i < Math.max(1, 40000 / size); i++)
    values.push(...initializer.sample([...shape], fan, stream, 'float64').floats);
  const n = values.length;
  const mean = values.reduce((sum, x) => sum + x, 0) / n;
  const std = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n);
  const wanted = want.mean ?? 0;
  const largest = values.reduce((most, x) => Math.max(most, Math.abs(x - wanted)), 0);
  const problems: string[] = [];
  if (!(Math.abs(mean - wanted) < (5 * want.std) / Math.sqrt(n))) problems.push(`mean ${mean}, expected ${wanted}`);
  if (!(Math.abs(std / want.std - 1) < 5 / Math.sqrt(2 * n))) problems.push(`deviation ${std}, expected ${want.std}`);
  if (want.bound !== undefined && !(largest <= want.bound * (1 + 1e-6) && largest > want.bound * (1 - 20 / n)))
    problems.push(`largest ${largest}, expected up to ${want.bound}`);
  return problems;
}

function checkInitializer(entry: InitializerEntry): string[] {
  const make = Object.hasOwn(makers, entry.initializer) ? makers[entry.initializer] : undefined;
  if (make === undefined) throw new Error(`no initializer here for ${entry.initializer}`);
  const options = new Options(entry.initializer, entry.config);
  const fan = fanOf(entry.shape);
  const initializer = make(options);
  if (options.number('fan_in', fan.in) !== fan.in || options.number('fan_out', fan.out) !== fan.out)
    throw new Error(`expected fans ${fan.in} and ${fan.out}`);
  options.done();
  return checkSample(initializer, entry.shape, fan, entry);
}

/** Our initialisers that give what PyTorch's layers start from. */
function checkDefaults({ layer, config, params }: LayerDefaults): string[] {
  const shapes = Object.values(params).map(({ shape }) => shape);
  const weight = shapes.find((shape) => shape !== undefined && shape.length > 1);
  return Object.entries(params).flatMap(([name, want]) => {
    if (want.distribution === 'normal')
      return checkSample(ours.normal({ mean: 0, std: want.std }), [50, 20], { in: 1, out: 1 }, want);
    const hidden = config.hidden_size;
    const fan = typeof hidden === 'number' ? { in: hidden, out: hidden } : fanOf(weight as number[]);
    return checkSample(ours.fanInUniform(), want.shape as number[], fan, want).map((problem) => `${layer} ${name}: ${problem}`);
  });
}

/** Rows, or columns where there are fewer of them, times each other: gain^2 on the diagonal, else 0. */
function checkOrthogonal(shape: readonly number[], gain: number): string[] {
  const values = ours.orthogonal({ gain }).sample([...shape], fanOf(shape), new RandomStream(1, 'golden'), 'float64').floats;
  const columns = shape.at(-1) as number;
  const rows = values.length / columns;
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const at = (i: number, k: number): number => (rows < columns ? values[i * columns + k] : values[k * columns + i]) as number;
  let worst = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let product = i === j ? -gain * gain : 0;
      for (let k = 0; k < length; k++) product += at(i, k) * at(j, k);
      worst = Math.max(worst, Math.abs(product));
    }
  }
  return worst < 1e-12 ? [] : [`W W^T is off by ${worst}`];
}

export const initializers: Adapter = (folder) => {
  const contents = folder.text<Contents>('initializers.json');
  if (contents === undefined) return [];
  const shapes = new Set(contents.initializers.map(({ shape }) => JSON.stringify(shape)));
  const checks: Check[] = contents.initializers.map((entry) => ({
    name: `${entry.initializer} [${entry.shape}] ${JSON.stringify(entry.config)}`,
    run: () => checkInitializer(entry),
  }));
  for (const entry of contents.pytorch_layer_defaults)
    checks.push({ name: `defaults of ${entry.layer}`, run: () => checkDefaults(entry) });
  for (const { nonlinearity, param, gain } of contents.gains) {
    const run = (): string[] => {
      const got = gainOf(nonlinearity, param);
      return Math.abs(got - gain) < 1e-12 ? [] : [`${got}, expected ${gain}`];
    };
    checks.push({ name: `gain of ${nonlinearity}${param === null ? '' : ` ${param}`}`, run });
  }
  if (contents.orthogonal !== undefined) {
    for (const shape of shapes)
      checks.push({ name: `orthogonal ${shape}`, run: () => checkOrthogonal(JSON.parse(shape) as number[], 1.5) });
  }
  return checks;
};
