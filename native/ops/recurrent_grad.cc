// The way back through a recurrent layer, from the last step to the first, in blocks of steps whose gradients of pre-activations (dz)
// stay in the caches. A step takes the product of the dz of the step after with the transposed R, tile by tile, and turns each tile into
// its own dz while it is in the first cache, so the threads meet once a step (twice where two products follow each other). When the
// steps of a block are done, the gradients of weights and of x are products over all its slots.
#include <algorithm>

#include "../runtime/scratch.h"
#include "conv_geometry.h"
#include "gemm_product.h"
#include "ops.h"
#include "recurrent_plan.h"
#include "recurrent_product.h"
#include "recurrent_weights.h"
#include "split.h"

namespace myelin::ops {
namespace {

constexpr int64_t blockSlots = 1536;

struct Calls {
  const float *x, *y, *dy;
  float* dx;
};

struct Direction {
  RecurrentWeights weights;
  RecurrentTotals totals;
  float *dh0, *dc0;
  const float *dhN, *dcN, *kept;
  RecurrentRight back, backReset, projection;  // transposed R (of r and z, of n), transposed P
  bool backwards;
  int64_t yOffset;
  float *h0, *c0, *mask;                          // by position
  float *past, *dc, *dreset;                      // by position: what goes from step to step
  float *dz, *sources, *hidden, *total, *dx;      // by slot of the block
  float *backPanels, *resetPanels, *projectionPanels;
};

class Backward {
 public:
  Backward(const RecurrentShape& shape, const RecurrentWeights (&weights)[recurrentDirections], const Calls& calls, const float* kept,
           const Ins<float, recurrentFinals * recurrentDirections>& dfinals, const RecurrentGradients& darrays)
      : shape_(shape), calls_(calls) {
    for (int d = 0; d < shape.directions; d++) {
      Direction& own = sides_[d];
      own.weights = weights[d];
      const Opt<Out<float>>* to = darrays.arrays + recurrentGradients * d;
      own.totals = {to[0].data, to[1].data, to[2].data, to[3].data, to[4].data, to[5].data, nullptr};
      own.dh0 = to[6].data, own.dc0 = to[7].data;
      own.dhN = dfinals[recurrentFinals * d].data, own.dcN = dfinals[recurrentFinals * d + 1].data;
      own.kept = kept + d * shape.batch * shape.steps * shape.keptWidth();
      own.backwards = shape.backwards(d);
      own.yOffset = d * shape.out;
    }
    dzGates_ = shape.isGru() ? 4 : shape.gates;
    stride_ = dzGates_ * shape.units + 16;
    sourceStride_ = (shape.in + shape.out + 1 + 15) / 16 * 16;
    blockSteps_ = evenPart(shape.steps, std::clamp<int64_t>(blockSlots / shape.batch, 1, shape.steps));
  }

  RecurrentRows rows;

  void carve(Carver& carver) {
    rows.carve(carver, shape_);
    const int64_t slots = blockSteps_ * shape_.batch, states = shape_.batch * shape_.out, cells = shape_.batch * shape_.units;
    const bool lstm = shape_.isLstm(), reset = shape_.isResetBefore(), projected = shape_.projected;
    sums_ = carver.take(shape_.columns());
    for (int d = 0; d < shape_.directions; d++) {
      Direction& own = sides_[d];
      own.backPanels = carver.take(packedFloats((reset ? 2 : shape_.gates) * shape_.units, shape_.out, 1));
      own.resetPanels = carver.take(reset ? packedFloats(shape_.units, shape_.out, 1) : 0);
      own.projectionPanels = carver.take(projected ? packedFloats(shape_.out, shape_.units, 1) : 0);
      own.h0 = carver.take(states);
      own.c0 = carver.take(lstm ? cells : 0);
      own.mask = carver.take(own.weights.mask != nullptr ? states : 0);
      own.past = carver.take(states);
      own.dc = carver.take(lstm ? cells : 0);
      own.dreset = carver.take(reset ? states : 0);
      own.dz = carver.take(slots * stride_);
      own.sources = carver.take(slots * sourceStride_);
      own.dx = carver.take(calls_.dx == nullptr ? 0 : slots * shape_.in);
      own.totals.joint = carver.take(sumsJoin(shape_, own.totals) ? (shape_.in + shape_.out + 1) * shape_.columns() : 0);
      own.hidden = carver.take(projected || reset ? slots * shape_.units : 0);
      own.total = carver.take(projected ? slots * shape_.out : 0);
    }
  }

  Status run() {
    clearPadding();
    for (int d = 0; d < shape_.directions; d++) start(sides_[d]);
    const int64_t longest = rows.length[0], blocks = ceilDiv(longest, blockSteps_);
    for (int64_t i = blocks - 1; i >= 0; i--) {
      const int64_t first = i * blockSteps_, end = std::min(first + blockSteps_, longest);
      for (int d = 0; d < shape_.directions; d++) gather(sides_[d], first, end);
      runSteps(first, end);
      for (int d = 0; d < shape_.directions; d++)
        if (const Status status = finishBlock(sides_[d], first, end, i == blocks - 1, d > 0); status.failed()) return status;
    }
    for (int d = 0; d < shape_.directions; d++) {
      const Direction& own = sides_[d];
      if (blocks == 0) clearTotals(shape_, own.totals);
      else if (own.totals.joint != nullptr) splitJoint(shape_, own.totals);
      if (own.dh0 != nullptr) scatterStates(rows, shape_.batch, own.past, shape_.out, own.dh0);
      if (own.dc0 != nullptr) scatterStates(rows, shape_.batch, own.dc, shape_.units, own.dc0);
    }
    return Status::ok();
  }

 private:
  void clearPadding() const {
    if (calls_.dx == nullptr) return;
    for (int64_t p = 0; p < shape_.batch; p++) {
      const int64_t padded = shape_.steps - rows.length[p];
      std::fill_n(calls_.dx + (rows.row[p] * shape_.steps + rows.length[p]) * shape_.in, padded * shape_.in, 0.0f);
    }
  }

  void start(Direction& own) const {
    const RecurrentWeights& w = own.weights;
    const int64_t columns = shape_.columns(), units = shape_.units, out = shape_.out, batch = shape_.batch;
    const auto transpose = [&](const float* b, int64_t ldb, int64_t k, int64_t n, float* panels) {
      const RecurrentRight right = {panels, k, n, 1, panelFor(batch), 0};
      packRight(right, 0, k, b, ldb, true, panels);
      return right;
    };
    own.back = transpose(w.recurrent, columns, (shape_.isResetBefore() ? 2 : shape_.gates) * units, out, own.backPanels);
    if (shape_.isResetBefore()) own.backReset = transpose(w.recurrent + 2 * units, columns, units, out, own.resetPanels);
    if (shape_.projected) own.projection = transpose(w.projection, out, out, units, own.projectionPanels);
    gatherStates(rows, batch, w.h0, out, own.h0, out);
    gatherStates(rows, batch, own.dhN, out, own.past, out);
    if (w.mask != nullptr) gatherStates(rows, batch, w.mask, out, own.mask, out);
    if (!shape_.isLstm()) return;
    gatherStates(rows, batch, w.c0, units, own.c0, units);
    gatherStates(rows, batch, own.dcN, units, own.dc, units);
  }

  bool needsBefore(const Direction& own) const {
    return own.totals.weightRecurrent != nullptr || shape_.isGru() || shape_.isResetBefore();
  }

  void gather(const Direction& own, int64_t first, int64_t end) const {
    if (own.totals.weightInput != nullptr) gatherSteps(shape_, rows, calls_.x, first, end, own.backwards, own.sources, sourceStride_);
    if (needsBefore(own))
      gatherBefore(shape_, rows, calls_.y + own.yOffset, own.h0, first, end, own.backwards, own.sources + shape_.in, sourceStride_);
    const int64_t slots = own.totals.joint == nullptr ? 0 : rows.offset[end] - rows.offset[first];
    for (int64_t slot = 0; slot < slots; slot++) own.sources[slot * sourceStride_ + shape_.in + shape_.out] = 1.0f;
  }

  Status finishBlock(const Direction& own, int64_t first, int64_t end, bool fresh, bool add) const {
    if (own.weights.mask != nullptr && own.totals.weightRecurrent != nullptr) {
      for (int64_t s = first; s < end; s++) {
        float* seen = own.sources + (rows.offset[s] - rows.offset[first]) * sourceStride_ + shape_.in;
        const float* mask = own.mask;
        for (int64_t p = 0; p < rows.active[s]; p++, seen += sourceStride_, mask += shape_.out)
          for (int64_t i = 0; i < shape_.out; i++) seen[i] *= mask[i];
      }
    }
    const RecurrentBlock block = {first,         end,        own.backwards, own.dz,    stride_,  own.sources,
                                  sourceStride_, own.hidden, own.hidden,    own.total, own.kept, own.c0};
    if (const Status status = addBlock(shape_, rows, block, own.totals, fresh, sums_); status.failed()) return status;
    if (calls_.dx == nullptr) return Status::ok();
    return inputGradient(shape_, rows, block, own.weights.input, own.dx, calls_.dx, add);
  }

  // Two products follow each other in a step: with P or R of the gate n, then with R.
  int stages() const { return shape_.projected || shape_.isResetBefore() ? 2 : 1; }
  int64_t stageUnits(int stage) const { return stage == 0 ? shape_.out : shape_.units; }

  void runSteps(int64_t first, int64_t end) const {
    const int64_t all = rows.active[first], directions = shape_.directions;
    const int64_t alone = rowsAlone(shape_.columns(), shape_.out, all, end - first, rows.active[end - 1] == all);
    if (alone > 0) {
      eachChunk({shape_.units, alone, true}, all, shape_.units, directions, [&](int d, int64_t r, int64_t rowEnd, int64_t, int64_t) {
        for (int64_t s = end - 1; s >= first - 1; s--) stepBack(sides_[d], s, first, end, r, least(rowEnd, rows.active[std::max(s, first)]));
      });
      return;
    }
    for (int64_t s = end - 1; s >= first - 1; s--) {
      const int64_t active = rows.active[std::max(s, first)];
      for (int stage = 0; stage < (s < first ? 1 : stages()); stage++) {
        const int64_t units = stageUnits(stage);
        const RecurrentCut cut = cutOf(stepCost(active, shape_.columns(), shape_.out), active, units, panelFor(shape_.batch), directions);
        eachChunk(cut, active, units, directions, [&](int d, int64_t r, int64_t rowEnd, int64_t u, int64_t unitEnd) {
          runStage(sides_[d], stage, s, first, end, r, rowEnd, u, unitEnd);
        });
      }
    }
  }

  void stepBack(const Direction& own, int64_t s, int64_t first, int64_t end, int64_t r, int64_t rowEnd) const {
    if (rowEnd <= r) return;
    for (int stage = 0; stage < (s < first ? 1 : stages()); stage++)
      runStage(own, stage, s, first, end, r, rowEnd, 0, stageUnits(stage));
  }

  // s = first - 1 is no step: the gradients of the states go into `past`, for the block before or for h0.
  void runStage(const Direction& own, int stage, int64_t s, int64_t first, int64_t end, int64_t rowStart, int64_t rowEnd, int64_t unitStart,
                int64_t unitEnd) const {
    // Rows that take part in the step after, within the block, get the product with its dz; the others have their gradient in `past`.
    const int64_t after = s + 1 < end ? std::clamp<int64_t>(rows.active[s + 1], rowStart, rowEnd) : rowStart;
    const int64_t parts[2][2] = {{rowStart, stage == 0 ? after : rowEnd}, {stage == 0 ? after : rowEnd, rowEnd}};
    const int64_t most = kernels().gemmShape().rows;
    for (int64_t u = unitStart, width; u < unitEnd; u += width) {
      width = tileWidth(own.back, std::min(most, shape_.batch), u, unitEnd);
      for (int part = 0; part < 2; part++) {
        const int64_t start = parts[part][0], count = parts[part][1] - start, strips = ceilDiv(count, most);
        for (int64_t i = 0; i < strips; i++) {
          const int64_t from = start + partStart(count, strips, i), to = start + partStart(count, strips, i + 1);
          runBlock(own, stage, s, first, part == 0, from, to - from, u, width);
        }
      }
    }
  }

  RecurrentPart partOf(int stage, bool isStep) const {
    if (!isStep) return partCarry;
    switch (shape_.cell) {
      case RecurrentCell::rnnTanh: return partTanh;
      case RecurrentCell::rnnRelu: return partRelu;
      case RecurrentCell::gru: return partGru;
      case RecurrentCell::gruResetBefore: return stage == 0 ? partResetRest : partResetGates;
      default: return stage == 0 && shape_.projected ? partCarry : partLstm;
    }
  }

  void runBlock(const Direction& own, int stage, int64_t s, int64_t first, bool hasProduct, int64_t start, int64_t count, int64_t u,
                int64_t width) const {
    const int64_t units = shape_.units, out = shape_.out, state = start * out + u, keptWidth = shape_.keptWidth();
    const bool isStep = s >= first;
    const RecurrentPart part = partOf(stage, isStep);
    const int64_t slot = isStep ? rows.offset[s] - rows.offset[first] + start : 0;
    const float* const kept = isStep ? own.kept + (rows.offset[s] + start) * keptWidth + u : nullptr;
    alignas(64) float product[GemmShape::rowsLimit * widestTile];
    int64_t rowsY[GemmShape::rowsLimit];
    RecurrentBackward b = {};
    b.part = part;
    b.rows = int32_t(count);
    b.units = int32_t(width);
    b.strideH = out;
    b.strideProduct = width;
    if (own.weights.mask != nullptr) b.mask = own.mask + state;
    if (hasProduct) b.product = product;
    if (stage == 0) {
      const int64_t next = rows.offset[s + 1] - rows.offset[first] + start;
      if (hasProduct) {
        const float* const after = own.dz + next * stride_ + (shape_.isGru() ? units : 0);
        RecurrentAhead ahead = {kept, units, isStep ? count * shape_.keptGates : 0};
        multiplyTile(own.back, 0, u, width, {0, own.back.k}, after, stride_, count, product, width, false, nullptr, &ahead);
        if (shape_.isResetBefore()) b.reset = own.dreset + state;
      }
      // Where h' also contains z * h, `past` carries that part; else it counts only where there was no product.
      if (!hasProduct || shape_.isGru() || shape_.isResetBefore()) b.past = own.past + state;
      b.carried = own.past + state;
    } else if (shape_.projected) {
      multiplyTile(own.projection, 0, u, width, {0, out}, own.total + slot * out, out, count, product, width, false);
    } else {
      multiplyTile(own.backReset, 0, u, width, {0, units}, own.dz + slot * stride_ + 2 * units, stride_, count, product, width, false);
    }
    if (isStep) {
      b.rowsY = rowsY;
      for (int64_t r = 0; r < count; r++) {
        const int64_t p = start + r;
        rowsY[r] = (rows.row[p] * shape_.steps + rows.time(p, s, own.backwards)) * shape_.directions * out;
      }
      b.y = calls_.y + own.yOffset + u;
      if (stage == 0 && calls_.dy != nullptr) b.dy = calls_.dy + own.yOffset + u;
      b.kept = kept;
      b.strideKept = keptWidth;
      b.gateKept = units;
      b.h = own.sources + slot * sourceStride_ + shape_.in + u;
      b.strideBefore = sourceStride_;
      b.dz = own.dz + slot * stride_ + u;
      b.strideDz = stride_;
      b.gateDz = units;
      if (own.hidden != nullptr) b.hidden = own.hidden + slot * units + u;
      b.strideHidden = units;
      if (part == partCarry) b.carried = own.total + slot * out + u;
      if (part == partResetGates) b.dreset = own.dreset + state;
      if (part == partLstm) setCells(own, b, s, start, u);
    }
    kernels().recurrentBackward(b);
  }

  void setCells(const Direction& own, RecurrentBackward& b, int64_t s, int64_t start, int64_t u) const {
    const int64_t units = shape_.units, width = shape_.keptWidth();
    b.cBefore = s == 0 ? own.c0 + start * units + u : own.kept + (rows.offset[s - 1] + start) * width + 4 * units + u;
    b.strideCBefore = s == 0 ? units : width;
    b.dc = own.dc + start * units + u;
    b.strideC = units;
    if (own.weights.peephole != nullptr) b.peephole = own.weights.peephole + u;
    b.gatePeephole = units;
    // The product of a projection is the whole gradient of o * tanh(c').
    if (shape_.projected) b.mask = nullptr;
  }

  const RecurrentShape& shape_;
  Calls calls_;
  Direction sides_[recurrentDirections] = {};
  float* sums_ = nullptr;
  int64_t dzGates_, stride_, sourceStride_, blockSteps_;
};

// Nothing to compute: gradients of states pass unchanged.
void passGradients(const RecurrentShape& shape, const Ins<float, recurrentFinals * recurrentDirections>& dfinals,
                   const RecurrentGradients& darrays) {
  const auto pass = [](const float* from, const Opt<Out<float>>& to, int64_t count) {
    if (!to) return;
    if (from == nullptr) std::fill_n(to.data, count, 0.0f);
    else std::copy_n(from, count, to.data);
  };
  for (int d = 0; d < shape.directions; d++) {
    const Opt<Out<float>>* to = darrays.arrays + recurrentGradients * d;
    clearTotals(shape, {to[0].data, to[1].data, to[2].data, to[3].data, to[4].data, to[5].data, nullptr});
    pass(dfinals[recurrentFinals * d].data, to[6], shape.batch * shape.out);
    pass(dfinals[recurrentFinals * d + 1].data, to[7], shape.batch * shape.units);
  }
}

Status checkGradients(const RecurrentShape& shape, const RecurrentWeights (&weights)[recurrentDirections],
                      const Ins<float, recurrentFinals * recurrentDirections>& dfinals, const RecurrentGradients& darrays) {
  if (dfinals.count != recurrentFinals * shape.directions) return Status::error("expected two gradients of states for each direction");
  if (darrays.count != recurrentGradients * shape.directions) return Status::error("expected eight gradients for each direction");
  const int64_t columns = shape.columns(), batch = shape.batch;
  const auto fitsOut = [&](int i, std::initializer_list<int64_t> sizes) { return !darrays[i] || fits(sizes, darrays[i].length); };
  for (int d = 0; d < shape.directions; d++) {
    const int at = d * recurrentGradients, final = d * recurrentFinals;
    if ((darrays[at + 4] && weights[d].peephole == nullptr) || (darrays[at + 5] && weights[d].projection == nullptr))
      return Status::error("expected no gradient of a peephole or projection that is not there");
    if (!shape.isLstm() && (darrays[at + 7] || dfinals[final + 1])) return Status::error("expected gradients of c of an lstm only");
    const bool sizes = fitsOut(at, {shape.in, columns}) && fitsOut(at + 1, {shape.out, columns}) && fitsOut(at + 2, {columns}) &&
                       fitsOut(at + 3, {columns}) && fitsOut(at + 4, {3, shape.units}) && fitsOut(at + 5, {shape.units, shape.out}) &&
                       fitsOut(at + 6, {batch, shape.out}) && fitsOut(at + 7, {batch, shape.units}) &&
                       (!dfinals[final] || fits({batch, shape.out}, dfinals[final].length)) &&
                       (!dfinals[final + 1] || fits({batch, shape.units}, dfinals[final + 1].length));
    if (!sizes) return Status::error("a gradient is shorter than its shape");
  }
  return Status::ok();
}

}  // namespace

Status recurrentGrad(int32_t cell, In<float> x, RecurrentIns arrays, Opt<In<int32_t>> lengths, In<float> y, In<float> kept,
                     Opt<In<float>> dy, Ins<float, recurrentFinals * recurrentDirections> dfinals, Opt<Out<float>> dx,
                     RecurrentGradients darrays, Dims geometry) {
  RecurrentShape shape;
  RecurrentWeights weights[recurrentDirections];
  if (const Status status = readRecurrent(cell, geometry, shape); status.failed()) return status;
  if (const Status status = readWeights(arrays, shape, weights); status.failed()) return status;
  if (const Status status = checkGradients(shape, weights, dfinals, darrays); status.failed()) return status;
  if (!fits({shape.batch, shape.steps, shape.in}, x.length) || (dx && !fits({shape.batch, shape.steps, shape.in}, dx.length)))
    return Status::error("x or dx is shorter than its shape");
  const std::initializer_list<int64_t> sizesOfY = {shape.batch, shape.steps, shape.directions, shape.out};
  if (!fits(sizesOfY, y.length) || (dy && !fits(sizesOfY, dy.length))) return Status::error("y or dy is shorter than its shape");
  const int64_t keptSize = recurrentKept(shape);
  if (keptSize < 0 || int64_t(kept.length) < keptSize) return Status::error("kept is shorter than recurrentKeptSize");
  if (const Status status = checkLengths(shape, lengths); status.failed()) return status;
  if (shape.isEmpty()) {
    if (dx) std::fill_n(dx.data, elements({shape.batch, shape.steps, shape.in}), 0.0f);
    passGradients(shape, dfinals, darrays);
    return Status::ok();
  }
  Backward backward(shape, weights, {x.data, y.data, dy.data, dx.data}, kept.data, dfinals, darrays);
  Carver sizes(nullptr);
  backward.carve(sizes);
  void* workspace = scratch(Slot::work, sizes.used());
  if (workspace == nullptr) return Status::error("out of memory");
  Carver carver(workspace);
  backward.carve(carver);
  backward.rows.fill(shape, lengths.data);
  return backward.run();
}

}  // namespace myelin::ops
