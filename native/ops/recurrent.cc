// Recurrent layers forward, in blocks of steps. A tile's sums are made of a product with x and one with h, and its cells are computed
// while they are in the first-level cache. Where the weights stay in the second-level cache, x and h of a row lie side by side, and so
// do the weights of both: one product makes the sums. Else, and where there are too few rows to pay for reading the weights of x at each
// step, the product with x of all steps of a block is one matrix product, to whose results the tiles add the product with h in place.
//
// A step is cut over units, so that each core keeps its share of the weights, and the threads meet after it; or, where the weights fit
// the cache of every core, over rows, which go through all steps of the block without meeting.
#include <algorithm>

#include "../runtime/scratch.h"
#include "conv_geometry.h"
#include "gemm_parallel.h"
#include "ops.h"
#include "recurrent_plan.h"
#include "recurrent_product.h"
#include "split.h"

namespace myelin::ops {
namespace {

constexpr int64_t blockFloats = int64_t(1) << 19;  // of pre-activations that wait

struct Direction {
  RecurrentWeights weights;
  RecurrentRight recurrent, projection;
  bool backwards;
  int64_t yOffset;
  float *input, *bias, *x, *sums;  // W as panels; biases; the block's x and pre-activations
  // h before a step of even or odd number, and what the product sees of it; rows are `width` apart, and where x lies beside it, the
  // row of x is in front of what is seen.
  float *states[2], *masked[2], *h[2], *seen[2], *hidden, *c, *mask;
  float* kept;
  float *recurrentPanels, *projectionPanels;
};

constexpr int64_t ownWidth = 32;  // the widest panel

class Forward {
 public:
  Forward(const RecurrentShape& shape, const RecurrentWeights (&weights)[recurrentDirections], bool sorted, const float* x, float* y,
          float* kept)
      : shape_(shape), x_(x), y_(y) {
    for (int d = 0; d < shape.directions; d++) {
      Direction& own = sides_[d];
      own.weights = weights[d];
      own.backwards = shape.backwards(d);
      own.yOffset = d * shape.out;
      own.kept = kept == nullptr ? nullptr : kept + d * shape.batch * shape.steps * shape.keptWidth();
    }
    inPlace_ = readsInPlace(shape.batch, shape.steps, shape.units) && (!shape.projected || shape.out % 16 == 0);
    stride_ = shape.columns() + 16;
    direct_ = shape.batch > fewRows && !shape.isResetBefore() && staysCached(shape.in + shape.out, shape.columns());
    xWidth_ = direct_ ? shape.in : 0;
    width_ = xWidth_ + shape.out;
    const int64_t most = direct_ ? shape.steps : blockFloats / (stride_ * shape.directions) / shape.batch;
    blockSteps_ = evenPart(shape.steps, std::clamp<int64_t>(most, 1, shape.steps));
    // A batch of one, or one step of all rows, has its slots in the order of x.
    xInPlace_ = direct_ || (shape.steps == 1 && !sorted) || (shape.batch == 1 && !shape.reverse && shape.directions == 1);
  }

  RecurrentRows rows;

  void carve(Carver& carver) {
    rows.carve(carver, shape_);
    const int64_t slots = blockSteps_ * shape_.batch, states = shape_.batch * width_, cells = shape_.batch * shape_.units;
    for (int d = 0; d < shape_.directions; d++) {
      Direction& own = sides_[d];
      own.input = carver.take(direct_ ? 0 : packedFloats(shape_.in, shape_.columns(), 1));
      own.recurrentPanels = carver.take(inPlace_ ? 0 : packedFloats(width_, shape_.units, shape_.gates));
      own.projectionPanels = carver.take(inPlace_ || !shape_.projected ? 0 : packedFloats(shape_.units, shape_.out, 1));
      own.bias = carver.take(shape_.columns());
      own.x = carver.take(xInPlace_ ? 0 : slots * shape_.in);
      own.sums = carver.take(direct_ ? 0 : slots * stride_);
      own.c = carver.take(shape_.isLstm() ? cells : 0);
      own.hidden = carver.take(shape_.projected || shape_.isResetBefore() ? cells : 0);
      const bool masked = own.weights.mask != nullptr;
      own.mask = carver.take(masked ? states : 0);
      for (int i = 0; i < 2; i++) own.states[i] = carver.take(states);
      for (int i = 0; i < 2; i++) own.masked[i] = carver.take(masked ? states : 0);
    }
  }

  Status run() {
    clearPadding();
    for (int d = 0; d < shape_.directions; d++) start(sides_[d]);
    const int64_t longest = rows.length[0];
    for (int64_t first = 0; first < longest; first += blockSteps_) {
      const int64_t end = std::min(first + blockSteps_, longest);
      for (int d = 0; d < shape_.directions; d++) {
        if (!xInPlace_) gatherSteps(shape_, rows, x_, first, end, sides_[d].backwards, sides_[d].x, shape_.in);
        if (direct_) {
          takeInput(sides_[d], first, 0, rows.active[first]);
          continue;
        }
        if (const Status status = multiplyInput(sides_[d], first, end); status.failed()) return status;
      }
      runSteps(first, end);
    }
    return Status::ok();
  }

  void finish(const Opt<Out<float>>* finals) const {
    for (int d = 0; d < shape_.directions; d++, finals += recurrentFinals) {
      const Direction& own = sides_[d];
      for (int64_t p = 0; finals[0] && p < shape_.batch; p++)
        std::copy_n(own.h[rows.length[p] & 1] + p * width_, shape_.out, finals[0].data + rows.row[p] * shape_.out);
      if (finals[1]) scatterStates(rows, shape_.batch, own.c, shape_.units, finals[1].data);
    }
  }

 private:
  void clearPadding() const {
    const int64_t width = shape_.directions * shape_.out;
    for (int64_t p = 0; y_ != nullptr && p < shape_.batch; p++)
      std::fill_n(y_ + (rows.row[p] * shape_.steps + rows.length[p]) * width, (shape_.steps - rows.length[p]) * width, 0.0f);
  }

  void start(Direction& own) {
    const RecurrentWeights& w = own.weights;
    const int64_t columns = shape_.columns(), joint = shape_.isGru() ? 2 * shape_.units : columns;
    for (int64_t j = 0; j < columns; j++) {
      own.bias[j] = w.biasInput == nullptr ? 0.0f : w.biasInput[j];
      if (j < joint && w.biasRecurrent != nullptr) own.bias[j] += w.biasRecurrent[j];
    }
    packInput(own);
    const int64_t panel = panelFor(shape_.batch);
    if (inPlace_) {
      own.recurrent = {w.recurrent, shape_.out, shape_.units, shape_.gates, panel, columns};
      own.projection = {w.projection, shape_.units, shape_.out, 1, panel, shape_.out};
    } else {
      own.recurrent = {own.recurrentPanels, width_, shape_.units, shape_.gates, panel, 0};
      if (direct_) packRight(own.recurrent, 0, xWidth_, w.input, columns, false, own.recurrentPanels);
      packRight(own.recurrent, xWidth_, shape_.out, w.recurrent, columns, false, own.recurrentPanels);
      own.projection = {own.projectionPanels, shape_.units, shape_.out, 1, panel, 0};
      if (shape_.projected) packRight(own.projection, 0, shape_.units, w.projection, shape_.out, false, own.projectionPanels);
    }
    for (int i = 0; i < 2; i++) {
      own.h[i] = own.states[i] + xWidth_;
      own.seen[i] = (w.mask == nullptr ? own.states[i] : own.masked[i]) + xWidth_;
    }
    // A row of length 0 is read from the buffer of an even step.
    gatherStates(rows, shape_.batch, w.h0, shape_.out, own.h[0], width_);
    if (shape_.isLstm()) gatherStates(rows, shape_.batch, w.c0, shape_.units, own.c, shape_.units);
    if (w.mask == nullptr) return;
    gatherStates(rows, shape_.batch, w.mask, shape_.out, own.mask, width_);
    for (int64_t p = 0; p < shape_.batch; p++)
      for (int64_t i = p * width_; i < p * width_ + shape_.out; i++) own.seen[0][i] = own.h[0][i] * own.mask[i];
  }

  // x of a step to its place beside the states.
  void takeInput(const Direction& own, int64_t s, int64_t start, int64_t end) const {
    float* const to = own.seen[s & 1] - xWidth_;
    for (int64_t p = start; p < end; p++)
      std::copy_n(x_ + (rows.row[p] * shape_.steps + rows.time(p, s, own.backwards)) * xWidth_, xWidth_, to + p * width_);
  }

  // [slots, in] of the block that starts at step `first`.
  const float* inputOf(const Direction& own, int64_t first) const { return xInPlace_ ? x_ + first * shape_.in : own.x; }

  // Once for all blocks, unless one product packs for itself or reads in place.
  bool packsInput() const { return blockSteps_ < shape_.steps; }

  void packInput(Direction& own) const {
    if (direct_ || !packsInput()) return;
    const GemmProduct p = {nullptr, own.weights.input, nullptr, nullptr, nullptr, 0, shape_.columns(), shape_.in, 0, shape_.columns(),
                           0,       false,             false,   false,   0};
    gemmPackAll(p, own.input);
  }

  Status multiplyInput(const Direction& own, int64_t first, int64_t end) const {
    const float* const x = inputOf(own, first);
    const int64_t slots = rows.offset[end] - rows.offset[first], columns = shape_.columns();
    const GemmProduct p = {x,     packsInput() ? nullptr : own.weights.input, packsInput() ? own.input : nullptr, own.sums, own.bias,
                           slots, columns,                                    shape_.in,                          shape_.in, columns,
                           stride_, false,                                    false,                              false,     0};
    return gemmRun(p, {1, 0, 0, 0});
  }

  void runSteps(int64_t first, int64_t end) {
    const int64_t all = rows.active[first], directions = shape_.directions;
    const int64_t alone = rowsAlone(width_, shape_.columns(), all, end - first, rows.active[end - 1] == all);
    if (alone > 0) {
      eachChunk({shape_.units, alone, true}, all, shape_.units, directions, [&](int d, int64_t r, int64_t rowEnd, int64_t, int64_t) {
        for (int64_t s = first; s < end && rows.active[s] > r; s++)
          for (int stage = 0; stage < stages(); stage++)
            runStage(sides_[d], stage, s, first, end, r, least(rowEnd, rows.active[s]), 0, stageUnits(stage));
      });
      return;
    }
    for (int64_t s = first; s < end; s++) {
      for (int stage = 0; stage < stages(); stage++) {
        const int64_t active = rows.active[s], units = stageUnits(stage);
        const RecurrentCut cut = cutOf(stepCost(active, width_, shape_.columns()), active, units, panelFor(shape_.batch), directions);
        eachChunk(cut, active, units, directions, [&](int d, int64_t r, int64_t rowEnd, int64_t u, int64_t unitEnd) {
          runStage(sides_[d], stage, s, first, end, r, rowEnd, u, unitEnd);
        });
      }
    }
  }

  // What follows a product that must be whole: of h' with P, of r * h with R.
  int stages() const { return shape_.projected || shape_.isResetBefore() ? 2 : 1; }
  int64_t stageUnits(int stage) const { return stage == 1 ? shape_.out : shape_.units; }

  RecurrentPart partOf(int stage) const {
    switch (shape_.cell) {
      case RecurrentCell::rnnTanh: return partTanh;
      case RecurrentCell::rnnRelu: return partRelu;
      case RecurrentCell::gru: return partGru;
      case RecurrentCell::gruResetBefore: return stage == 0 ? partResetGates : partResetRest;
      default: return stage == 0 ? partLstm : partCarry;
    }
  }

  void runStage(const Direction& own, int stage, int64_t s, int64_t first, int64_t end, int64_t rowStart, int64_t rowEnd,
                int64_t unitStart, int64_t unitEnd) const {
    if (direct_ && stage == 0 && unitStart == 0 && s + 1 < end) takeInput(own, s + 1, rowStart, least(rowEnd, rows.active[s + 1]));
    const int64_t most = kernels().gemmShape().rows, strips = ceilDiv(rowEnd - rowStart, most);
    const RecurrentRight& right = stage == 1 && shape_.projected ? own.projection : own.recurrent;
    const int64_t strip = ceilDiv(rowEnd - rowStart, strips);
    for (int64_t u = unitStart, width; u < unitEnd; u += width) {
      width = tileWidth(right, strip, u, unitEnd);
      for (int64_t i = 0; i < strips; i++) {
        const int64_t start = rowStart + partStart(rowEnd - rowStart, strips, i);
        runBlock(own, partOf(stage), s, first, start, rowStart + partStart(rowEnd - rowStart, strips, i + 1) - start, u, width);
      }
    }
  }

  void runBlock(const Direction& own, RecurrentPart part, int64_t s, int64_t first, int64_t start, int64_t count, int64_t u,
                int64_t width) const {
    const int64_t units = shape_.units, out = shape_.out, now = s & 1, next = now ^ 1, state = start * width_ + u;
    const int64_t slot = rows.offset[s] - rows.offset[first] + start;
    alignas(64) float ownSums[GemmShape::rowsLimit * 4 * ownWidth];
    float* const sums = direct_ ? ownSums : own.sums + slot * stride_ + u;
    const int64_t stride = direct_ ? shape_.gates * width : stride_, gateStride = direct_ ? width : units;
    const float* const seen = own.seen[now] + start * width_;
    alignas(64) float inner[GemmShape::rowsLimit * widestTile];
    int64_t rowsY[GemmShape::rowsLimit];
    const RecurrentSteps all = {0, width_};
    float* const kept = own.kept == nullptr || shape_.keptGates == 0 ? nullptr : own.kept + (rows.offset[s] + start) * shape_.keptWidth() + u;
    RecurrentAhead ahead = {kept, units, kept == nullptr ? 0 : count * shape_.keptGates};
    // To the sums that the product with x has left, or from the bias, with x in front of what is seen.
    const auto multiply = [&](int64_t gate) {
      multiplyTile(own.recurrent, gate, u, width, all, seen - xWidth_, width_, count, sums + gate * gateStride, stride, !direct_,
                   direct_ ? own.bias + gate * units + u : nullptr, &ahead);
    };
    RecurrentForward b = {};
    b.part = part;
    b.rows = int32_t(count);
    b.units = int32_t(width);
    b.z = sums;
    b.strideZ = stride;
    b.gateZ = gateStride;
    b.strideH = width_;
    b.h = own.h[now] + state;
    b.next = own.h[next] + state;
    b.rowsY = rowsY;
    b.kept = kept;
    b.strideKept = shape_.keptWidth();
    b.gateKept = units;
    const bool finished = !(part == partResetGates || (part == partLstm && shape_.projected));
    if (finished) {
      if (y_ != nullptr) b.y = y_ + own.yOffset + u;
      for (int64_t r = 0; r < count && y_ != nullptr; r++) {
        const int64_t p = start + r;
        rowsY[r] = (rows.row[p] * shape_.steps + rows.time(p, s, own.backwards)) * shape_.directions * out;
      }
      if (own.weights.mask != nullptr) b.seen = own.seen[next] + state, b.mask = own.mask + state;
    }
    switch (part) {
      case partGru:
        multiply(0);
        multiply(1);
        if (direct_)
          multiplyTile(own.recurrent, 2, u, width, {0, xWidth_}, seen - xWidth_, width_, count, sums + 2 * gateStride, stride, false,
                       own.bias + 2 * units + u);
        multiplyTile(own.recurrent, 2, u, width, {xWidth_, out}, seen, width_, count, inner, width, false);
        b.inner = inner;
        b.strideInner = width;
        if (own.weights.biasRecurrent != nullptr) b.innerBias = own.weights.biasRecurrent + 2 * units + u;
        break;
      case partResetGates:
        multiply(0);
        multiply(1);
        b.before = own.seen[now] + state;
        b.next = own.hidden + start * units + u;
        break;
      case partResetRest:
        multiplyTile(own.recurrent, 2, u, width, all, own.hidden + start * units, units, count, sums + 2 * gateStride, stride, true);
        break;
      case partCarry:
        multiplyTile(own.projection, 0, u, width, {0, units}, own.hidden + start * units, units, count, b.next, width_, false);
        break;
      default:
        for (int64_t gate = 0; gate < shape_.gates; gate++) multiply(gate);
        break;
    }
    if (part == partLstm) {
      b.c = own.c + start * units + u;
      b.strideC = units;
      if (own.weights.peephole != nullptr) b.peephole = own.weights.peephole + u;
      b.gatePeephole = units;
      if (shape_.projected) b.next = own.hidden + start * units + u, b.strideH = units;
    }
    kernels().recurrentForward(b);
  }

  const RecurrentShape& shape_;
  const float* x_;
  float* y_;
  Direction sides_[recurrentDirections] = {};
  bool inPlace_, xInPlace_, direct_;
  int64_t stride_, blockSteps_, xWidth_, width_;
};

// Nothing to compute: states pass unchanged.
void passStates(const RecurrentShape& shape, const RecurrentWeights& w, const Opt<Out<float>>* finals) {
  const auto pass = [](const float* from, const Opt<Out<float>>& to, int64_t count) {
    if (!to) return;
    if (from == nullptr) std::fill_n(to.data, count, 0.0f);
    else std::copy_n(from, count, to.data);
  };
  pass(w.h0, finals[0], shape.batch * shape.out);
  pass(w.c0, finals[1], shape.batch * shape.units);
}

}  // namespace

int64_t recurrentKeptSize(int32_t cell, Dims geometry) {
  RecurrentShape shape;
  return readRecurrent(cell, geometry, shape).failed() ? -1 : recurrentKept(shape);
}

Status recurrent(int32_t cell, In<float> x, RecurrentIns arrays, Opt<In<int32_t>> lengths, Opt<Out<float>> y,
                 Outs<float, recurrentFinals * recurrentDirections> finals, Opt<Out<float>> kept, Dims geometry) {
  RecurrentShape shape;
  RecurrentWeights weights[recurrentDirections];
  if (const Status status = readRecurrent(cell, geometry, shape); status.failed()) return status;
  if (const Status status = readWeights(arrays, shape, weights); status.failed()) return status;
  if (!fits({shape.batch, shape.steps, shape.in}, x.length)) return Status::error("x is shorter than its shape");
  if (y && !fits({shape.batch, shape.steps, shape.directions, shape.out}, y.length)) return Status::error("y is shorter than its shape");
  const int64_t keptSize = recurrentKept(shape);
  if (kept && (keptSize < 0 || int64_t(kept.length) < keptSize)) return Status::error("kept is shorter than recurrentKeptSize");
  if (const Status status = checkLengths(shape, lengths); status.failed()) return status;
  if (finals.count != recurrentFinals * shape.directions) return Status::error("expected two final states for each direction");
  for (int i = 0; i < finals.count; i++) {
    if (!finals[i]) continue;
    if (i % recurrentFinals == 1 && !shape.isLstm()) return Status::error("expected a final c of an lstm only");
    if (!fits({shape.batch, i % recurrentFinals == 0 ? shape.out : shape.units}, finals[i].length))
      return Status::error("a final state is shorter than its shape");
  }
  if (shape.isEmpty()) {
    for (int d = 0; d < shape.directions; d++) passStates(shape, weights[d], finals.arrays + recurrentFinals * d);
    return Status::ok();
  }
  Forward forward(shape, weights, bool(lengths), x.data, y.data, kept.data);
  Carver sizes(nullptr);
  forward.carve(sizes);
  void* workspace = scratch(Slot::work, sizes.used());
  if (workspace == nullptr) return Status::error("out of memory");
  Carver carver(workspace);
  forward.carve(carver);
  forward.rows.fill(shape, lengths.data);
  const Status status = forward.run();
  if (!status.failed()) forward.finish(finals.arrays);
  return status;
}

}  // namespace myelin::ops
