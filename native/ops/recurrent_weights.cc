#include "recurrent_weights.h"

#include <algorithm>

#include "conv_geometry.h"
#include "gemm_parallel.h"
#include "ops.h"
#include "split.h"

namespace myelin::ops {
namespace {

// Gates that lie side by side both in dz and in the weights.
struct Gates {
  int64_t inDz, inWeights, count;
};

// Those that meet x; gru has n before r and z in dz.
int inputGates(const RecurrentShape& shape, Gates (&parts)[2]) {
  const int64_t u = shape.units;
  if (!shape.isGru()) return parts[0] = {0, 0, shape.columns()}, 1;
  parts[0] = {u, 0, 2 * u};
  parts[1] = {0, 2 * u, u};
  return 2;
}

// Those that meet h; in gruResetBefore the last one meets r * h.
int recurrentGates(const RecurrentShape& shape, Gates (&parts)[2]) {
  const int64_t u = shape.units;
  if (!shape.isResetBefore()) return parts[0] = {shape.isGru() ? u : 0, 0, shape.columns()}, 1;
  parts[0] = {0, 0, 2 * u};
  parts[1] = {2 * u, 2 * u, u};
  return 2;
}

// c (+)= transposed a times b, a [slots, m], b [slots, n].
Status addProduct(int64_t slots, const float* a, int64_t strideA, int64_t m, const float* b, int64_t strideB, int64_t n, float* c,
                  int64_t strideC, bool load) {
  const GemmProduct p = {a, b, nullptr, c, nullptr, m, n, slots, strideA, strideB, strideC, true, false, load, 0};
  return gemmRun(p, {1, 0, 0, 0});
}

void addColumns(const RecurrentBlock& block, int64_t slots, int64_t column, int64_t count, float* total, bool fresh, float* work) {
  splitElements(count, std::max<int64_t>(1, slots), [&](int64_t first, int64_t n) {
    float* const sums = fresh ? total + first : work + first;
    kernels().reduceColumns(int32_t(ReduceOp::sum), block.dz + column + first, sums, slots, n, block.strideDz);
    if (fresh) return;
    for (int64_t i = 0; i < n; i++) total[first + i] += sums[i];
  });
}

Status addSeparately(const RecurrentShape& shape, const RecurrentBlock& block, int64_t slots, const RecurrentTotals& totals, bool fresh,
                     float* work) {
  const int64_t columns = shape.columns();
  Gates parts[2];
  const int inputParts = inputGates(shape, parts);
  for (int i = 0; i < inputParts; i++) {
    const Gates& part = parts[i];
    if (totals.biasInput) addColumns(block, slots, part.inDz, part.count, totals.biasInput + part.inWeights, fresh, work);
    if (totals.weightInput == nullptr) continue;
    const Status status = addProduct(slots, block.sources, block.strideSource, shape.in, block.dz + part.inDz, block.strideDz, part.count,
                                     totals.weightInput + part.inWeights, columns, !fresh);
    if (status.failed()) return status;
  }
  // But for gru, where r stands between them, both biases are added to the same sums.
  const bool sameBiases = totals.biasInput && totals.biasRecurrent && !shape.isGru();
  if (sameBiases) std::copy_n(totals.biasInput, columns, totals.biasRecurrent);
  const int recurrentParts = recurrentGates(shape, parts);
  for (int i = 0; i < recurrentParts; i++) {
    const Gates& part = parts[i];
    if (totals.biasRecurrent && !sameBiases)
      addColumns(block, slots, part.inDz, part.count, totals.biasRecurrent + part.inWeights, fresh, work);
    if (totals.weightRecurrent == nullptr) continue;
    const float* const seen = i == 0 ? block.sources + shape.in : block.reset;
    const Status status = addProduct(slots, seen, i == 0 ? block.strideSource : shape.units, shape.out, block.dz + part.inDz,
                                     block.strideDz, part.count, totals.weightRecurrent + part.inWeights, columns, !fresh);
    if (status.failed()) return status;
  }
  return Status::ok();
}

// dp of i and f sees c before the step, that of o sees c after it.
void addPeepholes(const RecurrentShape& shape, const RecurrentRows& rows, const RecurrentBlock& block, float* total) {
  const int64_t units = shape.units, width = shape.keptWidth();
  splitElements(units, std::max<int64_t>(1, rows.offset[block.end] - rows.offset[block.first]), [&](int64_t u, int64_t n) {
    for (int64_t s = block.end - 1; s >= block.first; s--) {
      const float* const dz = block.dz + (rows.offset[s] - rows.offset[block.first]) * block.strideDz + u;
      const float* const before = s == 0 ? block.c0 + u : block.kept + rows.offset[s - 1] * width + 4 * units + u;
      const float* const after = block.kept + rows.offset[s] * width + 4 * units + u;
      const int64_t active = rows.active[s], strideBefore = s == 0 ? units : width;
      kernels().recurrentProducts(dz, block.strideDz, before, strideBefore, active, n, total + u);
      kernels().recurrentProducts(dz + units, block.strideDz, before, strideBefore, active, n, total + units + u);
      kernels().recurrentProducts(dz + 3 * units, block.strideDz, after, width, active, n, total + 2 * units + u);
    }
  });
}

}  // namespace

bool sumsJoin(const RecurrentShape& shape, const RecurrentTotals& totals) {
  constexpr int64_t most = int64_t(1) << 22;  // floats of the sums, which stand a second time
  return !shape.isGru() && !shape.isResetBefore() && totals.weightInput != nullptr && totals.weightRecurrent != nullptr &&
         elements({shape.in + shape.out + 1, shape.columns()}) <= most;
}

void splitJoint(const RecurrentShape& shape, const RecurrentTotals& totals) {
  const int64_t columns = shape.columns();
  const float* const recurrent = totals.joint + shape.in * columns;
  const float* const bias = recurrent + shape.out * columns;
  std::copy_n(totals.joint, shape.in * columns, totals.weightInput);
  std::copy_n(recurrent, shape.out * columns, totals.weightRecurrent);
  if (totals.biasInput != nullptr) std::copy_n(bias, columns, totals.biasInput);
  if (totals.biasRecurrent != nullptr) std::copy_n(bias, columns, totals.biasRecurrent);
}

void clearTotals(const RecurrentShape& shape, const RecurrentTotals& totals) {
  const auto clear = [](float* total, int64_t count) {
    if (total != nullptr) std::fill_n(total, count, 0.0f);
  };
  clear(totals.weightInput, shape.in * shape.columns());
  clear(totals.weightRecurrent, shape.out * shape.columns());
  clear(totals.biasInput, shape.columns());
  clear(totals.biasRecurrent, shape.columns());
  clear(totals.peephole, 3 * shape.units);
  clear(totals.projection, shape.units * shape.out);
}

Status addBlock(const RecurrentShape& shape, const RecurrentRows& rows, const RecurrentBlock& block, const RecurrentTotals& totals,
                bool fresh, float* work) {
  const int64_t slots = rows.offset[block.end] - rows.offset[block.first], columns = shape.columns();
  const Status status = totals.joint == nullptr ? addSeparately(shape, block, slots, totals, fresh, work)
                                                : addProduct(slots, block.sources, block.strideSource, shape.in + shape.out + 1, block.dz,
                                                             block.strideDz, columns, totals.joint, columns, !fresh);
  if (status.failed()) return status;
  if (totals.peephole) {
    if (fresh) std::fill_n(totals.peephole, 3 * shape.units, 0.0f);
    addPeepholes(shape, rows, block, totals.peephole);
  }
  if (totals.projection)
    return addProduct(slots, block.hidden, shape.units, shape.units, block.dh, shape.out, shape.out, totals.projection, shape.out, !fresh);
  return Status::ok();
}

Status inputGradient(const RecurrentShape& shape, const RecurrentRows& rows, const RecurrentBlock& block, const float* weightInput,
                     float* work, float* dx, bool add) {
  const int64_t slots = rows.offset[block.end] - rows.offset[block.first];
  Gates parts[2];
  const int count = inputGates(shape, parts);
  for (int i = 0; i < count; i++) {
    const Gates& part = parts[i];
    const GemmProduct p = {block.dz + part.inDz, weightInput + part.inWeights, nullptr, work, nullptr, slots, shape.in, part.count,
                           block.strideDz, shape.columns(), shape.in, false, true, i > 0, 0};
    if (const Status status = gemmRun(p, {1, 0, 0, 0}); status.failed()) return status;
  }
  scatterSteps(shape, rows, work, block.first, block.end, block.backwards, dx, add);
  return Status::ok();
}

}  // namespace myelin::ops
