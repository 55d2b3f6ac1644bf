// The gradients of a recurrent layer that are sums over rows and steps, and those of x: products over all slots of a block of steps,
// made when its steps are done. Sums go on from block to block, last block first, in the order of the slots in each.
#pragma once
#include "recurrent_plan.h"

namespace myelin::ops {

// A block of steps [first, end) of one direction, as its steps have left it. Matrices have a row for each slot.
struct RecurrentBlock {
  int64_t first, end;
  bool backwards;
  const float* dz;  // gradients of the pre-activations, `strideDz` apart: kernels/recurrent.h tells the order of the gates
  int64_t strideDz;
  const float* sources;  // rows `strideSource` apart of x, of h before the step times mask, and, where sums are joint, of 1
  int64_t strideSource;
  const float* reset;   // gruResetBefore: [slots, units], r * seen
  const float* hidden;  // with a projection: [slots, units], o * tanh(c')
  const float* dh;      // with a projection: [slots, out], the gradient of h'
  const float* kept;    // of the whole direction
  const float* c0;      // lstm: [batch, units] by position
};

// Where the sums go, each null where not wanted. Where x and h meet the same gates, those of their weights and of the bias can be one
// product, `joint` [in + out + 1, columns], which reads dz once; at the end it is taken apart.
struct RecurrentTotals {
  float *weightInput, *weightRecurrent, *biasInput, *biasRecurrent, *peephole, *projection;
  float* joint;
};
bool sumsJoin(const RecurrentShape& shape, const RecurrentTotals& totals);
void splitJoint(const RecurrentShape& shape, const RecurrentTotals& totals);

// Zeros, where no block will be added.
void clearTotals(const RecurrentShape& shape, const RecurrentTotals& totals);

// `fresh`: overwrites the totals. `work` has room for `columns` floats.
Status addBlock(const RecurrentShape& shape, const RecurrentRows& rows, const RecurrentBlock& block, const RecurrentTotals& totals,
                bool fresh, float* work);

// The gradient of x in the block, written to its places in dx or added there; `work` is [slots, in].
Status inputGradient(const RecurrentShape& shape, const RecurrentRows& rows, const RecurrentBlock& block, const float* weightInput,
                     float* work, float* dx, bool add);

}  // namespace myelin::ops
