export { applyConstraint, type Constraint } from './constraint.js';
export { type Penalty, totalPenalty } from './penalty.js';
