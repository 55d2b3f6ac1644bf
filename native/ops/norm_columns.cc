// A block [length, channels] (one outer index) is cut into units: chunks of rows by strips of columns, that stay in the
// second-level cache. Where there are few channels, `fold` rows count as one row of fold * channels columns, so that vectors are
// full; what is left at the end of the block is a chunk of its own. Which unit a thread takes changes nothing: units are combined
// in order, in double.
//
//   forward    1. of each unit and column: pivot, sum of d and of d^2 with d = x - pivot (read once from memory, then from cache)
//              2. of each group: mean and variance; of each column: y = (x - mean) * a + b
//              3. y of each unit (read, write)
//   backward   1. of each unit and column: sums of dy and dy * (x - mean) (read twice)
//              2. of each group: their sums weighted by the scale; of each column: dx = (dy * a + (x - mean) * b + c) * by
//              3. dx of each unit (read twice, write)
//
// A block that fits into the second-level cache goes through all three steps on one thread; else each step is split over them.
#include "norm_columns.h"

#include <math.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "split.h"

namespace myelin::ops {
namespace {

// Part of the numeric order: elements of a unit, columns of a strip, columns below which rows are folded.
constexpr int64_t unitElements = 65536, stripColumns = 1024, foldBelow = 64;
// Elements of a block that stays in cache while one thread takes all steps.
constexpr int64_t blockElements = 131072;

struct Cut {
  int64_t period;       // columns: fold * channels
  int64_t whole, tail;  // rows of that width in a block, elements after them
  int64_t chunkRows, chunks, strips;
};

Cut cutOf(const NormShape& shape) {
  const int64_t channels = shape.channels();
  int64_t fold = 1;
  if (channels < foldBelow) {
    const int64_t step = 16 / std::gcd(channels, int64_t{16});
    fold = ceilDiv(ceilDiv(foldBelow, channels), step) * step;
  }
  Cut cut;
  cut.period = fold * channels;
  cut.whole = shape.length / fold;
  cut.tail = shape.length % fold * channels;
  cut.chunkRows = unitElements / least(cut.period, stripColumns);
  cut.chunks = ceilDiv(cut.whole, cut.chunkRows) + (cut.tail > 0 ? 1 : 0);
  cut.strips = ceilDiv(cut.period, stripColumns);
  return cut;
}

// Where a unit lies in its block: rows of cut.period elements; `column` is the first.
struct Unit { int64_t chunk, column, start, rows, cols; };

Unit unitOf(const Cut& cut, int64_t index) {
  Unit unit;
  unit.chunk = index / cut.strips;
  unit.column = index % cut.strips * stripColumns;
  const int64_t row = unit.chunk * cut.chunkRows;
  const bool isTail = row >= cut.whole;
  unit.rows = isTail ? 1 : least(cut.chunkRows, cut.whole - row);
  unit.cols = least(stripColumns, (isTail ? cut.tail : cut.period) - unit.column);
  unit.start = least(row, cut.whole) * cut.period + unit.column;
  return unit;
}

// Rows that a chunk has in a column.
double rowsAt(const Cut& cut, int64_t chunk, int64_t column) {
  const int64_t row = chunk * cut.chunkRows;
  if (row < cut.whole) return static_cast<double>(least(cut.chunkRows, cut.whole - row));
  return column < cut.tail ? 1 : 0;
}

// visit(chunk, column, rows) for all that belongs to the channel, in order.
template <class F> void eachPartOfChannel(const NormShape& shape, const Cut& cut, int64_t channel, F&& visit) {
  for (int64_t chunk = 0; chunk < cut.chunks; chunk++) {
    for (int64_t column = channel; column < cut.period; column += shape.channels()) {
      if (const double rows = rowsAt(cut, chunk, column); rows > 0) visit(chunk, column, rows);
    }
  }
}

// What a block gathers of each chunk and column, and what follows for each column: arrays of `period` floats.
struct Work {
  static constexpr int64_t partsOfChunk = 3, columnArrays = 5;
  float* floats;
  const Cut* cut;
  float* part(int64_t chunk, int which, int64_t column) const {
    return floats + (chunk * partsOfChunk + which) * cut->period + column;
  }
  float* column(int which, int64_t column) const { return part(cut->chunks, which, column); }
  static int64_t size(const Cut& cut) { return (partsOfChunk * cut.chunks + columnArrays) * cut.period; }
};

// Takes all blocks through the steps; false if memory is out.
template <class Steps> bool runSteps(const NormShape& shape, const Cut& cut, const Steps& steps) {
  const int64_t units = cut.chunks * cut.strips, block = shape.length * shape.channels();
  const size_t bytes = static_cast<size_t>(Work::size(cut)) * sizeof(float);
  if (block <= blockElements) {
    std::atomic<bool> fine{true};
    splitElements(shape.outer, block, [&](int64_t first, int64_t n) {
      const Work work = {static_cast<float*>(scratch(Slot::packA, bytes)), &cut};
      if (work.floats == nullptr) return fine.store(false, std::memory_order_relaxed);
      for (int64_t outer = first; outer < first + n; outer++) {
        steps.prepare(outer, work);
        for (int64_t i = 0; i < units; i++) steps.gather(outer, unitOf(cut, i), work);
        for (int64_t group = 0; group < shape.groups; group++) steps.settle(outer, group, work);
        for (int64_t i = 0; i < units; i++) steps.apply(outer, unitOf(cut, i), work);
      }
    });
    return fine.load(std::memory_order_relaxed);
  }
  float* floats = static_cast<float*>(scratch(Slot::work, bytes * static_cast<size_t>(shape.outer)));
  if (floats == nullptr) return false;
  const auto workOf = [&](int64_t outer) { return Work{floats + outer * Work::size(cut), &cut}; };
  for (int64_t outer = 0; outer < shape.outer; outer++) steps.prepare(outer, workOf(outer));
  parallelFor(shape.outer * units, [&](int64_t i, int) { steps.gather(i / units, unitOf(cut, i % units), workOf(i / units)); });
  splitElements(shape.outer * shape.groups, cut.chunks * ceilDiv(cut.period, shape.groups) * 8, [&](int64_t first, int64_t n) {
    for (int64_t i = first; i < first + n; i++) steps.settle(i / shape.groups, i % shape.groups, workOf(i / shape.groups));
  });
  parallelFor(shape.outer * units, [&](int64_t i, int) { steps.apply(i / units, unitOf(cut, i % units), workOf(i / units)); });
  return true;
}

struct Forward {
  const NormShape& shape;
  const Cut& cut;
  const NormArrays& a;

  void prepare(int64_t, const Work&) const {}

  void gather(int64_t outer, const Unit& u, const Work& work) const {
    if (a.fixed) return;
    kernels().normMoments(a.x + outer * shape.length * shape.channels() + u.start, u.rows, u.cols, cut.period, a.mean != nullptr,
                          work.part(u.chunk, 0, u.column), work.part(u.chunk, 1, u.column), work.part(u.chunk, 2, u.column));
  }

  void settle(int64_t outer, int64_t group, const Work& work) const {
    const int64_t statistic = outer * shape.groups + group;
    double mean = 0, variance;
    if (a.fixed) {
      if (a.mean != nullptr) mean = a.mean[statistic];
      variance = a.variance[statistic];
    } else {
      const double count = static_cast<double>(shape.length) * static_cast<double>(shape.width);
      if (a.mean != nullptr) {
        eachPartOf(group, [&](int64_t chunk, int64_t column, double rows) {
          mean += *work.part(chunk, 0, column) * rows + *work.part(chunk, 1, column);
        });
        mean /= count;
      }
      double squares = 0;
      eachPartOf(group, [&](int64_t chunk, int64_t column, double rows) {
        const double off = *work.part(chunk, 0, column) - mean;
        squares += *work.part(chunk, 2, column) + off * (2 * *work.part(chunk, 1, column) + off * rows);
      });
      variance = squares < 0 ? 0 : squares / count;
      if (a.mean != nullptr) a.mean[statistic] = static_cast<float>(mean);
      a.variance[statistic] = static_cast<float>(variance);
    }
    const double inverse = 1 / sqrt(variance + a.epsilon);
    const float from = static_cast<float>(mean);
    for (int64_t channel = group * shape.width; channel < (group + 1) * shape.width; channel++) {
      const double by = a.scale == nullptr ? inverse : inverse * a.scale[channel];
      const double plus = (a.shift == nullptr ? 0 : a.shift[channel]) - (mean - from) * by;
      for (int64_t column = channel; column < cut.period; column += shape.channels()) {
        *work.column(0, column) = from;
        *work.column(1, column) = static_cast<float>(by);
        *work.column(2, column) = static_cast<float>(plus);
      }
    }
  }

  void apply(int64_t outer, const Unit& u, const Work& work) const {
    const int64_t start = outer * shape.length * shape.channels() + u.start;
    kernels().normColumns(a.x + start, u.rows, u.cols, cut.period, work.column(0, u.column), work.column(1, u.column),
                          work.column(2, u.column), a.relu, a.y + start);
  }

 private:
  template <class F> void eachPartOf(int64_t group, F&& visit) const {
    for (int64_t channel = group * shape.width; channel < (group + 1) * shape.width; channel++)
      eachPartOfChannel(shape, cut, channel, visit);
  }
};

struct Backward {
  const NormShape& shape;
  const Cut& cut;
  const NormGradArrays& a;
  // [outer][2][channels]: what the blocks add to dscale and dshift; null where neither is wanted.
  double* parameters;

  void prepare(int64_t outer, const Work& work) const {
    for (int64_t column = 0; column < cut.period; column++)
      *work.column(0, column) = a.mean == nullptr ? 0 : a.mean[outer * shape.groups + column % shape.channels() / shape.width];
  }

  void gather(int64_t outer, const Unit& u, const Work& work) const {
    if (a.fixed && parameters == nullptr) return;
    const int64_t start = outer * shape.length * shape.channels() + u.start;
    kernels().normGradSums(a.x + start, a.dy + start, rectifiedAt(start), u.rows, u.cols, cut.period, work.column(0, u.column),
                           work.part(u.chunk, 0, u.column), work.part(u.chunk, 1, u.column));
  }

  void settle(int64_t outer, int64_t group, const Work& work) const {
    const double inverse = 1 / sqrt(a.variance[outer * shape.groups + group] + a.epsilon);
    const double count = static_cast<double>(shape.length) * static_cast<double>(shape.width);
    double sum = 0, product = 0;
    for (int64_t channel = group * shape.width; channel < (group + 1) * shape.width; channel++) {
      if (a.fixed && parameters == nullptr) break;
      double s = 0, p = 0;
      eachPartOfChannel(shape, cut, channel, [&](int64_t chunk, int64_t column, double) {
        s += *work.part(chunk, 0, column);
        p += *work.part(chunk, 1, column);
      });
      p *= inverse;
      if (parameters != nullptr) {
        parameters[outer * 2 * shape.channels() + channel] = p;
        parameters[(outer * 2 + 1) * shape.channels() + channel] = s;
      }
      const double scale = a.scale == nullptr ? 1 : a.scale[channel];
      sum += scale * s;
      product += scale * p;
    }
    const float along = static_cast<float>(a.fixed ? 0 : -product / count * inverse);
    const float plus = static_cast<float>(a.fixed || a.mean == nullptr ? 0 : -sum / count);
    for (int64_t channel = group * shape.width; channel < (group + 1) * shape.width; channel++) {
      for (int64_t column = channel; column < cut.period; column += shape.channels()) {
        *work.column(1, column) = a.scale == nullptr ? 1 : a.scale[channel];
        *work.column(2, column) = along;
        *work.column(3, column) = plus;
        *work.column(4, column) = static_cast<float>(inverse);
      }
    }
  }

  void apply(int64_t outer, const Unit& u, const Work& work) const {
    if (a.dx == nullptr) return;
    const int64_t start = outer * shape.length * shape.channels() + u.start;
    kernels().normGradColumns(a.x + start, a.dy + start, rectifiedAt(start), u.rows, u.cols, cut.period, work.column(0, u.column),
                              work.column(1, u.column), work.column(2, u.column), work.column(3, u.column),
                              work.column(4, u.column), a.dx + start);
  }

 private:
  const float* rectifiedAt(int64_t start) const { return a.rectified == nullptr ? nullptr : a.rectified + start; }
};

// `which` of the two gradients that the blocks left in `parameters`, in order of the blocks.
void addUp(const double* parameters, int64_t outer, int64_t channels, int64_t which, float* out) {
  if (out == nullptr) return;
  for (int64_t channel = 0; channel < channels; channel++) {
    double total = 0;
    for (int64_t o = 0; o < outer; o++) total += parameters[(o * 2 + which) * channels + channel];
    out[channel] = static_cast<float>(total);
  }
}

}  // namespace

Status normOfColumns(const NormShape& shape, const NormArrays& a) {
  if (shape.length * shape.channels() == 0) {
    const int64_t statistics = a.fixed ? 0 : shape.outer * shape.groups;
    if (a.mean != nullptr) std::fill_n(a.mean, statistics, NAN);
    std::fill_n(a.variance, statistics, NAN);
    return Status::ok();
  }
  const Cut cut = cutOf(shape);
  return runSteps(shape, cut, Forward{shape, cut, a}) ? Status::ok() : Status::error("out of memory");
}

Status normGradOfColumns(const NormShape& shape, const NormGradArrays& a) {
  const int64_t channels = shape.channels();
  double* parameters = nullptr;
  if (a.dscale != nullptr || a.dshift != nullptr) {
    parameters = static_cast<double*>(scratch(Slot::packB, static_cast<size_t>(shape.outer * 2 * channels) * sizeof(double)));
    if (parameters == nullptr && shape.outer * channels > 0) return Status::error("out of memory");
    std::fill_n(parameters, shape.outer * 2 * channels, 0.0);
  }
  if (shape.length * channels > 0) {
    const Cut cut = cutOf(shape);
    if (!runSteps(shape, cut, Backward{shape, cut, a, parameters})) return Status::error("out of memory");
  }
  addUp(parameters, shape.outer, channels, 0, a.dscale);
  addUp(parameters, shape.outer, channels, 1, a.dshift);
  return Status::ok();
}

}  // namespace myelin::ops
