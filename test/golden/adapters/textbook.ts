import { grad } from '../../../src/autograd/grad.js';
import { fromTorch } from '../../../src/io/torch.js';
import { dense, sequential } from '../../../src/layers/index.js';
import { conv, convTranspose, linear, mul, type PaddingMode, reshape, square, sub, sum } from '../../../src/ops/index.js';
import { adagrad } from '../../../src/optimizers/index.js';
import { tensor } from '../../../src/tensor/create.js';
import { Parameter } from '../../../src/tensor/parameter.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { listDistance } from '../runner/check.js';
import type { GoldenFolder } from '../runner/folder.js';
import type { Adapter, Check } from '../runner/main.js';

type Matrix = number[][];

/** Numbers worked by hand are matched to some float32 roundings. */
const exact = 1e-6;

const problemsOf = (...found: (string | null)[]): string[] => found.filter((problem) => problem !== null);

interface AdagradEntry {
  learning_rate: number;
  epsilon: number;
  gradients: Matrix;
  effective_rates: number[];
  effective_rates_pytorch: number[];
  parameters_from_zero_pytorch: Matrix;
}

/** Steps from 0 with the given gradients; the last step over its gradient is the effective rate. */
function adagradRates(entry: AdagradEntry): string[] {
  const parameter = new Parameter('p', [2], 'float64');
  parameter.assign(new Float64Array(2));
  const optimizer = adagrad({ lr: entry.learning_rate, epsilon: entry.epsilon });
  const problems: (string | null)[] = [];
  let rates: number[] = [];
  entry.gradients.forEach((gradient, i) => {
    const before = Array.from(parameter.data());
    optimizer.step([parameter], [tensor(gradient, { dtype: 'float64' })]);
    const after = Array.from(parameter.data());
    problems.push(
      listDistance(`parameters after step ${i + 1}`, after, entry.parameters_from_zero_pytorch[i] as number[], 1e-12),
    );
    rates = after.map((value, j) => ((before[j] as number) - value) / (gradient[j] as number));
  });
  problems.push(listDistance('effective rates', rates, entry.effective_rates, 1e-7));
  problems.push(listDistance("PyTorch's effective rates", rates, entry.effective_rates_pytorch, 1e-12));
  return problemsOf(...problems);
}

interface XorEntry {
  truth_table: Matrix;
  exact_network: { hidden: { weight: Matrix; bias: number[]; activation: 'relu' }; output: { weight: Matrix; bias: number[] } };
}

function xor({ truth_table, exact_network: { hidden, output } }: XorEntry): string[] {
  const model = sequential(
    [
      dense({ name: 'hidden', units: hidden.bias.length, activation: hidden.activation }),
      dense({ name: 'output', units: output.bias.length }),
    ],
    { inputShape: [2] },
  );
  model.parameters();
  const state = {
    'hidden.weight': hidden.weight,
    'hidden.bias': hidden.bias,
    'output.weight': output.weight,
    'output.bias': output.bias,
  };
  model.loadStateDict(fromTorch(model, new Map(Object.entries(state).map(([name, values]) => [name, tensor(values)]))));
  const y = model.predict(tensor(truth_table.map((row) => row.slice(0, 2))));
  return problemsOf(
    listDistance(
      'y',
      Array.from(y.data()),
      truth_table.map((row) => row[2] as number),
      0,
    ),
  );
}

const asImages = (image: Matrix): Tensor => reshape(tensor(image), [1, image.length, (image[0] as number[]).length, 1]);
const asWeight = (kernel: Matrix): Tensor => reshape(tensor(kernel), [kernel.length, (kernel[0] as number[]).length, 1, 1]);

interface FiltersEntry {
  image: Matrix;
  filters: Record<string, { kernel: Matrix; outputs: Record<string, Matrix> }>;
}

function filtered(image: Matrix, kernel: Matrix, mode: string): Tensor {
  const padding = mode === 'valid' ? {} : { padding: 'same' as const, paddingMode: mode as PaddingMode };
  return conv(asImages(image), asWeight(kernel), null, padding);
}

function imageFilters({ image, filters }: FiltersEntry): Check[] {
  return Object.entries(filters).flatMap(([name, { kernel, outputs }]) =>
    Object.entries(outputs).map(([mode, want]) => ({
      name: `image filter ${name} ${mode}`,
      run: () => problemsOf(listDistance('y', Array.from(filtered(image, kernel, mode).data()), want.flat(), 100 * exact)),
    })),
  );
}

interface SigmoidEntry {
  x: number[];
  w: number[];
  b: number;
  target: number;
  z: number;
  y: number;
  loss: number;
  gradient_w: number[];
  gradient_b: number;
}

function sigmoidUnit(entry: SigmoidEntry): string[] {
  const x = tensor([entry.x]);
  const unit = (w: Tensor, b: Tensor, activation: 'linear' | 'sigmoid'): Tensor =>
    linear(x, reshape(w, [w.size, 1]), b, activation);
  const lossOf = (w: Tensor, b: Tensor): Tensor => sum(mul(square(sub(unit(w, b, 'sigmoid'), entry.target)), 0.5));
  const [w, b] = [tensor(entry.w), tensor([entry.b])];
  const [dw, db] = grad(lossOf)(w, b) as [Tensor, Tensor];
  const values = [unit(w, b, 'linear').item(), unit(w, b, 'sigmoid').item(), lossOf(w, b).item(), ...dw.data(), ...db.data()];
  const wanted = [entry.z, entry.y, entry.loss, ...entry.gradient_w, entry.gradient_b];
  return problemsOf(listDistance('z, y, loss and gradients', values, wanted, exact));
}

interface TransposedEntry {
  input: Matrix;
  kernel: Matrix;
  stride: number;
  output: Matrix;
}

function transposed(entries: TransposedEntry[]): Check[] {
  return entries.map(({ input, kernel, stride, output }, i) => ({
    name: `transposed convolution ${i + 1}, stride ${stride}`,
    run: () => {
      const y = convTranspose(asImages(input), asWeight(kernel), null, { stride });
      return problemsOf(
        listDistance('shape', y.shape, [1, output.length, (output[0] as number[]).length, 1], 0),
        listDistance('y', Array.from(y.data()), output.flat(), exact),
      );
    },
  }));
}

const one = (name: string, run: () => string[]): Check[] => [{ name, run }];

const topics: Readonly<Record<string, (entry: never) => Check[]>> = {
  adagrad_effective_rates: (entry: AdagradEntry) => one('adagrad effective rates', () => adagradRates(entry)),
  xor: (entry: XorEntry) => one('xor', () => xor(entry)),
  image_filters: imageFilters,
  sigmoid_unit_gradient: (entry: SigmoidEntry) => one('sigmoid unit gradient', () => sigmoidUnit(entry)),
  transposed_convolution: transposed,
};

export const textbook: Adapter = (folder: GoldenFolder) => {
  const { format: _format, set: _set, ...contents } = folder.text<Record<string, unknown>>('textbook.json') ?? {};
  return Object.entries(contents).flatMap(([name, entry]) => {
    const topic = Object.hasOwn(topics, name) ? topics[name] : undefined;
    return topic === undefined ? one(name, () => ['no adapter for this topic']) : topic(entry as never);
  });
};
