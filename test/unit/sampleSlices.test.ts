/** Models of images predict a few samples at a time: nobody may notice but by the clock. */
import { describe, expect, it } from 'vitest';
import {
  avgPool2d,
  concat,
  conv2d,
  dense,
  flatten,
  grad,
  maxPool2d,
  randomNormal,
  type Sequential,
  sequential,
  slice,
  sum,
} from '../../src/index.js';
import { planSlices } from '../../src/layers/sampleSlices.js';
import { memory } from '../../src/tensor/storage.js';

const images = (seed: number): Sequential =>
  sequential(
    [
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu', algorithm: 'gemm' }),
      maxPool2d({ poolSize: 2 }),
      conv2d({ filters: 16, kernelSize: 3, algorithm: 'gemm' }),
      avgPool2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 5 }),
    ],
    { inputShape: [28, 28, 1], seed },
  );

describe('samples predicted a few at a time', () => {
  it('the bits are those of each sample alone, for batches that are no multiple', () => {
    const model = images(1);
    const x = randomNormal([83, 28, 28, 1], { seed: 2 });
    const alone = Array.from({ length: 83 }, (_, i) => model.predict(slice(x, [[i, i + 1]])));
    expect(model.predict(x).data()).toEqual(concat(alone).data());
    expect(model.predict(x).shape).toEqual([83, 5]);
  });

  it('takes the layers before the first that may look at other samples', () => {
    const model = images(1).build([28, 28, 1]);
    const chain = [...model.layers.values()] as Parameters<typeof planSlices>[0];
    expect(planSlices(chain, [28, 28, 1])).toEqual({ layers: 4, samples: Math.floor((384 * 1024) / (26 * 26 * 32)) });
    expect(planSlices(chain.slice(4), [400])).toBeNull();
    const [softmax, pool] = [conv2d({ filters: 2, kernelSize: 3, activation: { name: 'softmax', axis: 0 } }), maxPool2d()];
    sequential([softmax, pool]).build([28, 28, 1]);
    expect(planSlices([softmax, pool], [28, 28, 1])).toBeNull();
  });

  it('leaves large images, which fill the cache one by one, together', () => {
    const chain = [conv2d({ filters: 64, kernelSize: 3 }), maxPool2d({ poolSize: 2 })] as const;
    sequential(chain).build([64, 64, 3]);
    expect(planSlices(chain, [64, 64, 3])).toBeNull();
  });

  it('gradients go through the whole batch, and nothing stays behind', () => {
    const model = images(3).build([28, 28, 1]);
    const x = randomNormal([64, 28, 28, 1], { seed: 4 });
    const before = memory().tensors;
    model.predict(x).dispose();
    expect(memory().tensors).toBe(before);
    expect(grad((input) => sum(model.call(input)))(x).shape).toEqual([64, 28, 28, 1]);
  });
});
