import { clipByGlobalNorm, clipByValue } from '../../../src/optimizers/index.js';
import { tensor } from '../../../src/tensor/create.js';
import type { Tensor } from '../../../src/tensor/tensor.js';
import { distance } from '../runner/check.js';
import type { ClippingEntry, Config } from '../runner/folder.js';
import type { Adapter } from '../runner/main.js';
import { Options } from '../runner/options.js';

/** Clips as PyTorch's function of that name does; the norm before, where the function returns one. */
export function clip(name: string, config: Config, grads: Tensor[]): { grads: Tensor[]; norm: number | undefined } {
  const options = new Options(name, config);
  // How it is computed.
  options.any('foreach');
  if (name === 'clip_grad_value_') {
    const value = options.number('clip_value');
    options.done();
    return { grads: clipByValue(grads, value), norm: undefined };
  }
  if (name !== 'clip_grad_norm_') throw new Error(`no function here for ${name}`);
  const [largest, order] = [options.number('max_norm'), options.number('norm_type', 2)];
  // Norms that are not finite are never clipped here.
  options.boolean('error_if_nonfinite', false);
  options.done();
  return clipByGlobalNorm(grads, largest, order);
}

/** A product of float32 numbers by a factor that a sum of squares gave: a few roundings. */
const relative = 1e-6;

export const clipping: Adapter = (folder) =>
  (folder.manifest.clipping_cases ?? []).map((entry: ClippingEntry) => ({
    name: entry.id,
    run: () => {
      const names = Object.keys(entry.before);
      const before = Object.values(entry.before).map((one) => {
        const { array, shape } = folder.array(entry.file, one);
        return tensor(array, { shape });
      });
      const { grads, norm } = clip(entry.function, entry.config, before);
      const problems = names.map((name, i) => {
        const want = folder.array(entry.file, entry.after[name] as NonNullable<(typeof entry.after)[string]>);
        const grad = grads[i] as Tensor;
        return distance(name, { shape: grad.shape, array: grad.data() }, want, relative * Math.max(...want.array.map(Math.abs)));
      });
      if (entry.total_norm !== undefined) {
        const close = norm !== undefined && Math.abs(norm - entry.total_norm) <= relative * entry.total_norm;
        if (!close) problems.push(`norm: ${norm}, expected ${entry.total_norm}`);
      }
      return problems.filter((problem) => problem !== null);
    },
  }));
