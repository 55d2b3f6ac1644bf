export { type Batch, type Dataset, mapDataset, splitDataset, subsetDataset, tensorDataset } from './dataset.js';
export { type IdxOptions, parseIdx, readIdx } from './idx.js';
export { DataLoader, type DataLoaderOptions } from './loader.js';
export { type MnistDataset, type MnistOptions, mnist } from './mnist.js';
