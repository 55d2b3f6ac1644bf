import { backend } from '../../dist/backend/select.js';
import { randomNormal, zeros } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';

/** C = A B for square matrices, C preallocated: the kernel alone, as `torch.mm(a, b, out=c)` is. */
export function* gemm({ seconds, config }) {
  for (const n of config.sizes) {
    const a = randomNormal([n, n]).array;
    const b = randomNormal([n, n]).array;
    const c = zeros([n, n]).array;
    const kernels = backend();
    const call = () => kernels.gemm(a, b, c, null, n, n, n, n, n, n, false, false, false, 'linear', 1, 0, 0, 0);
    yield { workload: 'gemm', mode: 'square', batch: n, ms: medianMs(call, seconds) };
  }
}
