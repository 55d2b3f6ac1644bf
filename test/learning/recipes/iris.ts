/** Species of irises from four lengths, in five folds. */
import { type CategoryColumn, exampleTable, type NumberColumn } from '../../../src/data/index.js';
import { dense, sequential } from '../../../src/layers/index.js';
import { crossEntropy } from '../../../src/losses/index.js';
import { accuracy } from '../../../src/metrics/index.js';
import { adam } from '../../../src/optimizers/index.js';
import { tensor } from '../../../src/tensor/create.js';
import { Trainer } from '../../../src/trainer/index.js';
import type { Recipe } from './recipe.js';
import { torchDefaults } from './torchDefaults.js';

const folds = 5;

interface Flowers {
  readonly lengths: readonly (readonly number[])[];
  readonly species: readonly number[];
}

async function flowers(): Promise<Flowers> {
  const { table, target } = await exampleTable('iris');
  const names = table.names.filter((name) => name !== target);
  const columns = names.map((name) => (table.columnAs(name, 'number') as NumberColumn).values);
  const { codes } = table.columnAs(target, 'category') as CategoryColumn;
  const lengths = Array.from(codes, (_, row) => columns.map((values) => values[row] as number));
  return { lengths, species: [...codes] };
}

/** Rows less their mean over the training rows, divided by their deviation there. */
function standardised(rows: Flowers['lengths'], training: Flowers['lengths']): number[][] {
  const moments = (training[0] as readonly number[]).map((_, column) => {
    const values = training.map((row) => row[column] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return { mean, deviation: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length) };
  });
  return rows.map((row) => row.map((value, column) => (value - moments[column].mean) / moments[column].deviation));
}

/** The accuracy on the rows of a fold, those whose index has this remainder, after training on the others. */
async function foldAccuracy({ lengths, species }: Flowers, fold: number, seed: number): Promise<number> {
  const training = lengths.filter((_, row) => row % folds !== fold);
  const part = (tested: boolean) => {
    const mine = (_: unknown, row: number): boolean => (row % folds === fold) === tested;
    return {
      x: tensor(standardised(lengths.filter(mine), training)),
      y: tensor(species.filter(mine), { dtype: 'int32' }),
    };
  };
  const model = sequential(
    [
      dense({ units: 16, activation: 'relu', ...torchDefaults }),
      dense({ units: 16, activation: 'relu', ...torchDefaults }),
      dense({ units: 3, ...torchDefaults }),
    ],
    { seed },
  );
  const trainer = new Trainer({ model, loss: crossEntropy(), optimizer: adam({ lr: 1e-2 }), metrics: [accuracy()] });
  await trainer.fit(part(false), { epochs: 100, batchSize: 16, seed });
  return (await trainer.evaluate(part(true))).accuracy;
}

export const iris: Recipe = {
  name: 'iris',
  figure: 'mean accuracy of 5 folds',
  torch: 0.9533,
  bound: { atLeast: 0.94 },
  async run(seed) {
    const data = await flowers();
    let sum = 0;
    for (let fold = 0; fold < folds; fold++) sum += await foldAccuracy(data, fold, seed);
    return sum / folds;
  },
};
