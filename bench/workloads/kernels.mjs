import Benchmark from 'benchmark';
import { referenceBackend } from '../../dist/backend/reference/index.js';
import { backend } from '../../dist/backend/select.js';

const random = (n) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898) * 2);

/** One call of a kernel on each backend. */
function cases() {
  const n = 65536;
  const [x, y, z] = [random(n), random(n), new Float32Array(n)];
  const [a, b, c] = [random(128 * 128), random(128 * 128), new Float32Array(128 * 128)];
  const image = random(8 * 28 * 28 * 8);
  const weight = random(3 * 3 * 8 * 16);
  const result = new Float32Array(8 * 26 * 26 * 16);
  const conv = Int32Array.of(8, 1, 28, 28, 8, 1, 26, 26, 16, 1, 3, 3, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1);
  const pooled = new Float32Array(8 * 14 * 14 * 8);
  const pool = Int32Array.of(8, 1, 28, 28, 8, 1, 14, 14, 1, 2, 2, 1, 2, 2, 0, 0, 0, 1, 1, 1);
  const state = Uint32Array.of(1, 2, 3, 4);
  const hyper = Float64Array.of(1, Infinity, 0, 1, 1e-3, 0.9, 0.1, 0.999, 1e-3, 1e-8, 1);
  const moments = [new Float32Array(n), new Float32Array(n)];
  return {
    'exp 65536': (k) => k.unary('exp', x, z, 0, 0),
    'add 65536': (k) => k.binary('add', x, y, z, Int32Array.of(1, n, 1, 1)),
    'sum 65536': (k) => k.reduce('sum', x, z, 1, n, 1),
    'softmax 256x256': (k) => k.softmax(x, z, 256, 256, false),
    'gemm 128': (k) => k.gemm(a, b, c, null, 128, 128, 128, 128, 128, 128, false, false, false, 'linear', 1, 0, 0, 0),
    'conv 3x3 8-16, 8 images of 28x28': (k) => k.conv(image, weight, null, result, conv, 'relu', 'auto'),
    'maxPool 2x2, 8 images of 28x28x8': (k) => k.maxPool(image, pooled, null, pool),
    'dropout 65536': (k) => k.dropout(x, z, 0.5, state),
    'adam 65536': (k) => k.update('adam', z, y, moments[0], moments[1], null, hyper),
  };
}

/** Each kernel on the addon against its reference. */
export function* kernels({ seconds }) {
  const native = backend();
  for (const [name, call] of Object.entries(cases())) {
    const measure = (kernel) => {
      const run = new Benchmark(name, () => call(kernel), { maxTime: seconds, minSamples: 5 }).run();
      if (run.error) throw run.error;
      return run.stats.mean * 1e3;
    };
    const ms = measure(native);
    yield { workload: 'kernels', mode: name, batch: 1, ms, referenceMs: measure(referenceBackend) };
  }
}
