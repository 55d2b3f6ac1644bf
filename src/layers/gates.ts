/** First values of the weights of recurrent cells, whose columns are those of their gates side by side. */
import type { Initializer } from '../initializers/initializer.js';
import { sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** Draws each gate by itself: of a weight [in, gates * units], a matrix [in, units] for each. */
export function gatewise(initializer: Initializer, gates: number): Initializer {
  return {
    ...initializer,
    sample: (shape, fan, stream, dtype) => {
      const width = shape.at(-1) as number;
      const units = width / gates;
      const rows = sizeOf(shape.slice(0, -1));
      const result = new Tensor([...shape], dtype);
      for (let gate = 0; gate < gates; gate++) {
        const drawn = initializer.sample([...shape.slice(0, -1), units], fan, stream, dtype);
        for (let row = 0; row < rows; row++)
          result.array.set(drawn.array.subarray(row * units, (row + 1) * units), row * width + gate * units);
        drawn.dispose();
      }
      return result;
    },
  };
}

/** Adds `amount` to one gate of a bias [gates * units]. */
export function raisedGate(initializer: Initializer, gate: number, units: number, amount: number): Initializer {
  return {
    ...initializer,
    sample: (...args) => {
      const result = initializer.sample(...args);
      const values = result.floats;
      for (let i = gate * units; i < (gate + 1) * units; i++) values[i] = (values[i] as number) + amount;
      return result;
    },
  };
}
