import { readFileSync } from 'node:fs';
import { backend } from '../../dist/backend/select.js';
import { noGrad, ops, randomNormal, releasePool, scope, zeros } from '../../dist/index.js';
import { medianMs } from '../timing.mjs';

const { batch, shapes } = JSON.parse(readFileSync(new URL('./conv.json', import.meta.url), 'utf8'));

/** Each convolution of conv.json forward, then both of its gradients; a figure takes a tenth of the seconds. */
export function* conv({ seconds }) {
  for (const [network, size, inChannels, outChannels, kernel, stride, groups] of shapes) {
    const out = Math.ceil(size / stride);
    const pad = kernel >> 1;
    const x = randomNormal([batch, size, size, inChannels]);
    const w = randomNormal([kernel, kernel, inChannels / groups, outChannels]);
    const dy = randomNormal([batch, out, out, outChannels]);
    const [dx, dw] = [zeros(x.shape), zeros(w.shape)];
    const planes = [1, size, size, inChannels, 1, out, out, outChannels];
    const windows = [1, kernel, kernel, 1, stride, stride, 0, pad, pad, 1, 1, 1];
    const geometry = Int32Array.of(batch, ...planes, ...windows, groups);
    const forward = () => scope(() => void ops.conv(x, w, null, { stride, padding: pad, groups }));
    const gradients = () => {
      backend().convGradWeight(x.array, dy.array, dw.array, geometry, 'auto');
      backend().convGradInput(dy.array, w.array, dx.array, geometry, 'auto');
    };
    const name = `${network}-${size}x${size}x${inChannels}-${kernel}x${kernel}x${outChannels}-s${stride}-g${groups}`;
    yield { workload: 'conv', mode: `${name}-forward`, batch, ms: noGrad(() => medianMs(forward, seconds / 10)) };
    yield { workload: 'conv', mode: `${name}-gradients`, batch, ms: medianMs(gradients, seconds / 10) };
    for (const t of [x, w, dy, dx, dw]) t.dispose();
    // Else memory of the sizes before would fill the pool, and results would take fresh pages at each call.
    releasePool();
  }
}
