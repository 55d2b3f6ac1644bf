export {
  CellActivations,
  type CellActivationsOptions,
  cellActivations,
  type RecordedCell,
  type RecordedUnit,
} from './cellActivations.js';
export type { DrawCellsOptions } from './cellPicture.js';
export { drawCellsHtml } from './drawCellsHtml.js';
export { drawCellsSvg } from './drawCellsSvg.js';
export { type ExplainOptions, explain } from './explain.js';
export { type ExplainedLayer, Explanation } from './explanation.js';
export {
  type GradientReport,
  type GradientReportOptions,
  type GradientVerdict,
  gradientReport,
  type LayerGradients,
} from './gradientReport.js';
export { type Distribution, type DistributionOptions, predictDistribution } from './predictDistribution.js';
export { textFeatures } from './textFeatures.js';
export {
  type FeatureValues,
  type TrackedFeature,
  type TrackingOptions,
  type TrackingReport,
  trackingUnits,
  unitCorrelations,
} from './trackingUnits.js';
