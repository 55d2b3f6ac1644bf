import type { GoldenFolder } from './folder.js';
import { type Computation, LayerCase } from './layerCase.js';
import type { Adapter } from './main.js';

/** How one class of PyTorch is computed here, perhaps in several ways; throws, with the reason, what cannot be. */
export type LayerAdapter = (one: LayerCase) => Computation | readonly Computation[];

/** The adapter of a group of the manifest's cases, by PyTorch's class. */
export function layerGroup(group: string, layers: Readonly<Record<string, LayerAdapter>>): Adapter {
  return (folder: GoldenFolder) =>
    folder.manifest.cases
      .filter((entry) => entry.group === group)
      .map((entry) => ({
        name: entry.id,
        run: () => {
          const adapter = Object.hasOwn(layers, entry.layer) ? layers[entry.layer] : undefined;
          if (adapter === undefined) return [`no layer here for ${entry.layer}`];
          const one = new LayerCase(folder, entry);
          return [adapter(one)].flat().flatMap((computation) => one.check(computation));
        },
      }));
}
