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
