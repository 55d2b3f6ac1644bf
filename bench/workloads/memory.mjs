import { backend } from '../../dist/backend/select.js';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamw,
  demonAdam,
  demonSgd,
  lion,
  nadam,
  noGrad,
  ops,
  Parameter,
  radam,
  randomNormal,
  rmsprop,
  rprop,
  scope,
  sgd,
  zeros,
} from '../../dist/index.js';
import { median } from '../timing.mjs';

// Work that is bound by memory, on arrays of 16 MB. `passes` is how often it reads or writes such an array, as docs/ counts it; the
// rate is compared with that of a copy: memcpy by as many threads, one read and one write.
const elements = 4 * 2 ** 20;
const megabytes = (elements * 4) / 2 ** 20;

const forward = (call) => () => noGrad(() => scope(() => void call()));

function* norms() {
  const kernels = backend();
  const all = {
    layerNorm: { shape: [4096, 1024], geometry: [4096, 1, 1, 1024], passes: [2, 3], call: ops.layerNorm },
    batchNorm: { shape: [64, 32, 32, 64], geometry: [1, 65536, 64, 1], passes: [4, 5], call: ops.batchNorm },
    groupNorm: {
      shape: [64, 32, 32, 64],
      geometry: [64, 1024, 8, 8],
      passes: [4, 5],
      call: (x, a, b) => ops.groupNorm(x, 8, a, b),
    },
  };
  for (const [name, { shape, geometry, passes, call }] of Object.entries(all)) {
    const [outer, , groups, width] = geometry;
    const [x, dy, dx] = [randomNormal(shape), randomNormal(shape), zeros(shape)];
    const [scale, shift, dscale, dshift] = Array.from({ length: 4 }, () => randomNormal([groups * width]));
    const [mean, variance] = [zeros([outer * groups]), zeros([outer * groups])];
    yield [`${name}-forward`, passes[0], forward(() => call(x, scale, shift))];
    const dims = Int32Array.from(geometry);
    kernels.norm(x.array, scale.array, shift.array, mean.array, variance.array, dx.array, dims, 1e-5, false, false);
    const backward = () =>
      kernels.normGrad(
        x.array,
        dy.array,
        scale.array,
        mean.array,
        variance.array,
        dx.array,
        dscale.array,
        dshift.array,
        dims,
        1e-5,
        false,
        null,
      );
    yield [`${name}-backward`, passes[1], backward];
    for (const t of [x, dy, dx]) t.dispose();
  }
}

function* rows() {
  const x = randomNormal([4096, 1024]);
  const y = zeros([4096, 1024]);
  const dx = zeros([4096, 1024]);
  const state = Uint32Array.of(1, 2, 3, 4);
  yield ['dropout', 2, forward(() => ops.dropout(x, 0.5, state))];
  yield ['softmax-forward', 2, forward(() => ops.softmax(x))];
  backend().softmax(x.array, y.array, 4096, 1024, false);
  yield ['softmax-backward', 3, () => backend().softmaxGrad(y.array, x.array, dx.array, 4096, 1024, false)];
  for (const t of [x, y, dx]) t.dispose();
}

/** What a step reads and writes: the gradient, the parameter twice, and what is kept twice. */
function* optimizers() {
  const all = {
    sgd: [3, sgd({ lr: 1e-3 })],
    momentum: [5, sgd({ lr: 1e-3, momentum: 0.9 })],
    adagrad: [5, adagrad()],
    adadelta: [7, adadelta()],
    rprop: [7, rprop()],
    rmsprop: [5, rmsprop()],
    adam: [7, adam()],
    adamw: [7, adamw()],
    amsgrad: [9, adam({ amsgrad: true })],
    adamax: [7, adamax()],
    nadam: [7, nadam()],
    radam: [7, radam()],
    lion: [5, lion()],
    demonSgd: [5, demonSgd({ steps: 1e6 })],
    demonAdam: [7, demonAdam({ steps: 1e6 })],
  };
  const gradient = randomNormal([elements]);
  for (const [name, [passes, optimizer]] of Object.entries(all)) {
    const parameter = new Parameter('w', [elements]);
    parameter.assign(gradient);
    yield [name, passes, () => optimizer.step([parameter], [gradient])];
  }
}

function timesOf(call, seconds) {
  const times = [];
  const start = performance.now();
  while (performance.now() - start < seconds * 1e3 || times.length < 5) {
    const before = performance.now();
    call();
    times.push(performance.now() - before);
  }
  return times;
}

/** Each in turn with the copy, so that what slows the machine slows both. */
export function* memory({ seconds }) {
  const [from, to] = [randomNormal([elements]), zeros([elements])];
  const dims = Int32Array.of(1, elements, 1, 1);
  const copy = () => backend().copy(from.array, to.array, dims, 0, 0);
  const rate = (passes, ms) => (passes * megabytes * 2 ** 20) / 1e6 / ms;
  timesOf(copy, 0.1);
  for (const list of [norms, rows, optimizers]) {
    for (const [mode, passes, call] of list()) {
      timesOf(call, 0.1);
      const [times, copies] = [[], []];
      for (let round = 0; round < 4; round++) {
        copies.push(...timesOf(copy, seconds / 8));
        times.push(...timesOf(call, seconds / 8));
      }
      const ms = median(times);
      const gigabytes = rate(passes, ms);
      yield { workload: 'memory', mode, batch: passes, ms, gigabytes, ofCopy: gigabytes / rate(2, median(copies)) };
    }
  }
}
