export { type AccuracyOptions, accuracy } from './accuracy.js';
export type { Metric, MetricRun } from './metric.js';
