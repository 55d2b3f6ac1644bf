export { type ApplyFilterOptions, applyFilter } from './applyFilter.js';
export type { CategoryColumn, Cell, Column, ColumnKind, NumberColumn } from './column.js';
export type { Impute, Scale } from './columnEncoder.js';
export { type CsvOptions, parseCsv, readCsv } from './csv.js';
export { type Batch, type Dataset, mapDataset, splitDataset, subsetDataset, tensorDataset } from './dataset.js';
export { type ExampleTable, exampleTable } from './exampleTables.js';
export { type GenerateOptions, type GenerateStep, generateTokens } from './generateTokens.js';
export { type IdxOptions, parseIdx, readIdx } from './idx.js';
export * as imageFilters from './imageFilters.js';
export { DataLoader, type DataLoaderOptions } from './loader.js';
export { type MnistDataset, type MnistOptions, mnist } from './mnist.js';
export { type JsonRowsOptions, readJsonRows, readTable } from './readTable.js';
export { type SampleOptions, sampleToken } from './sampleToken.js';
export { type RowRange, type Series, type SeriesSplit, splitSeries } from './series.js';
export { type Baseline, findSeason, persistence, seasonalNaive, seasonalNaiveWithDrift } from './seriesBaselines.js';
export {
  type EncodedWindows,
  type SeriesScale,
  type SeriesWindowOptions,
  SeriesWindows,
  type WindowRange,
} from './seriesWindows.js';
export { type Classes, type Fold, type FoldOptions, kFold, type Split, type SplitOptions, splitRows } from './split.js';
export { type Row, Table, type TableOptions } from './table.js';
export { type Decoded, type LeftOut, TableEncoder, type TableEncoderOptions } from './tableEncoder.js';
export type { Task } from './targetEncoder.js';
export {
  type RandomSequenceOptions,
  randomSequences,
  type TextSequenceOptions,
  type TextStreamOptions,
  textSequences,
  textStreams,
} from './textSequences.js';
export {
  type EncodedTexts,
  type EncodeOptions,
  type TextLevel,
  Vocabulary,
  type VocabularyOptions,
  type VocabularySymbol,
} from './vocabulary.js';
export { readWordVectors, type WordVectors } from './wordVectors.js';
