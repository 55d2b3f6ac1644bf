// Resampling: each of the three spatial axes goes through a sparse matrix. An output row is made in two steps: the input rows that
// its depth and height ask for are combined into one, which lies in the cache, and that one's cells into outputs. Output rows are
// independent; where there are few of them, their channels are parted, too. The matrices are copied and checked first, so that
// nobody can change them during the call.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_geometry.h"
#include "ops.h"

namespace myelin::ops {
namespace {

constexpr int64_t chunkElements = 1 << 15;  // of the larger side
constexpr int64_t rowFloats = 1 << 15;      // of a combined row, at most, where channels can be parted
constexpr int64_t rowsAtOnce = 8;           // combined in one pass over the row
constexpr int64_t enoughPieces = 4;         // for a few threads

struct Geometry {
  int64_t batch, in[3], channels, out[3];

  int64_t outRows() const { return batch * out[0] * out[1]; }
};

Status readGeometry(const Dims& dims, Geometry& g) {
  if (dims.count != 8) return Status::error("expected a geometry of 8 numbers");
  for (int32_t i = 0; i < dims.count; ++i) {
    if (dims[i] < 0) return Status::error("expected a geometry without negative numbers");
  }
  g = {dims[0], {dims[1], dims[2], dims[3]}, dims[4], {dims[5], dims[6], dims[7]}};
  return Status::ok();
}

// Taps of the rows of one axis; starts count from the first of the axis.
struct Matrix {
  const int32_t* starts;
  const int32_t* cells;
  const float* weights;
  const float* divisors;

  int64_t taps(int64_t row) const { return starts[row + 1] - starts[row]; }
};

struct Plan {
  Geometry g;
  Matrix axis[3];
  int64_t mostRows;  // input rows that one output row combines
  bool direct;       // few rows, and no cell read twice along the width: combined rows would be read but once
  int64_t part;      // channels that are worked on together
  int64_t parts;
};

// Copies the stacked matrices of all axes into scratch memory of the caller.
Status readMatrices(Plan& plan, In<int32_t> starts, In<int32_t> cells, In<float> weights, In<float> divisors) {
  const Geometry& g = plan.g;
  const int64_t rows = g.out[0] + g.out[1] + g.out[2];
  if (rows + 1 > int64_t(starts.length)) return Status::error("starts are fewer than the outputs of all axes, and one");
  if (rows > int64_t(divisors.length)) return Status::error("divisors are fewer than the outputs of all axes");
  const int64_t taps = std::min<int64_t>(int64_t(cells.length), INT32_MAX);
  if (taps > int64_t(weights.length)) return Status::error("weights are fewer than cells");
  auto* memory = static_cast<int32_t*>(scratch(Slot::packA, size_t(2 * (rows + taps) + 3) * sizeof(int32_t)));
  if (memory == nullptr) return Status::error("out of memory for the matrices");
  auto* copiedDivisors = reinterpret_cast<float*>(memory);
  auto* copiedWeights = copiedDivisors + rows;
  int32_t* copiedCells = memory + rows + taps;
  int32_t* ownStarts = copiedCells + taps;
  std::copy(divisors.data, divisors.data + rows, copiedDivisors);
  std::copy(weights.data, weights.data + taps, copiedWeights);
  int32_t last = 0;
  int64_t row = 0;
  if (starts.data[0] != 0) return Status::error("expected starts that begin with 0");
  for (int axis = 0; axis < 3; ++axis) {
    const int32_t first = last;
    plan.axis[axis] = {ownStarts, copiedCells + first, copiedWeights + first, copiedDivisors + row};
    *ownStarts++ = 0;
    for (int64_t end = row + g.out[axis]; row < end; ++row) {
      const int32_t next = starts.data[row + 1];
      if (next < last || next > taps) return Status::error("expected starts in ascending order, at most as many as cells");
      for (; last < next; ++last) {
        const int32_t cell = cells.data[last];
        if (cell < 0 || cell >= g.in[axis]) return Status::error("a cell lies outside of its axis");
        copiedCells[last] = cell;
      }
      *ownStarts++ = last - first;
    }
  }
  return Status::ok();
}

int64_t mostTaps(const Matrix& matrix, int64_t rows) {
  int64_t most = 0;
  for (int64_t row = 0; row < rows; ++row) most = std::max(most, matrix.taps(row));
  return most;
}

// Channels of one output row of one image.
struct Piece {
  const float* image;
  float* y;
  int64_t depth, height, channel, channels;
};

// The combined row for a piece: a few input rows at a time, which the processor can prefetch.
void combineRows(const Plan& plan, const Piece& p, const int64_t* offsets, const float* weights, int64_t count, float* row) {
  const KernelTable& table = kernels();
  const int64_t cells = plan.g.in[2], channels = plan.g.channels;
  const bool together = p.channels == channels;
  for (int64_t k = 0; k < count; k += rowsAtOnce) {
    const int64_t some = std::min(rowsAtOnce, count - k);
    for (int64_t cell = 0; cell < (together ? 1 : cells); ++cell) {
      table.resampleRows(p.image + cell * channels, offsets + k, weights + k, some, k == 0, row + cell * p.channels,
                         together ? cells * channels : p.channels);
    }
  }
}

bool resampleOne(const Plan& plan, const Piece& p) {
  const Geometry& g = plan.g;
  const Matrix &d = plan.axis[0], &h = plan.axis[1], &w = plan.axis[2];
  const int64_t rowLength = g.in[2] * p.channels;
  const size_t bytes = size_t(plan.mostRows) * (sizeof(int64_t) + sizeof(float)) + size_t(rowLength) * sizeof(float);
  auto* offsets = static_cast<int64_t*>(scratch(Slot::work, bytes));
  if (offsets == nullptr) return false;
  auto* row = reinterpret_cast<float*>(offsets + plan.mostRows);
  float* weights = row + rowLength;
  int64_t count = 0;
  for (int32_t i = d.starts[p.depth]; i < d.starts[p.depth + 1]; ++i)
    for (int32_t j = h.starts[p.height]; j < h.starts[p.height + 1]; ++j) {
      offsets[count] = (int64_t(d.cells[i]) * g.in[1] + h.cells[j]) * g.in[2] * g.channels + p.channel;
      weights[count++] = d.weights[i] * h.weights[j];
    }
  ResampleRow job = {row, offsets, weights, 1, p.channels, w.starts, w.cells, w.weights, w.divisors,
                     d.divisors[p.depth] * h.divisors[p.height], g.out[2], p.channels, g.channels};
  const bool asItIs = count == 1 && weights[0] == 1.0f;
  if (asItIs || (count > 1 && plan.direct)) {
    job.row = p.image + (asItIs ? offsets[0] : 0);
    job.rows = count;
    job.stride = g.channels;
  } else if (count == 0) {
    std::fill(row, row + rowLength, 0.0f);
  } else {
    combineRows(plan, p, offsets, weights, count, row);
  }
  kernels().resampleColumns(job, p.y + p.channel);
  return true;
}

}  // namespace

Status resample(In<float> x, Out<float> y, Dims geometry, In<int32_t> starts, In<int32_t> cells, In<float> weights,
                In<float> divisors) {
  Plan plan = {};
  Geometry& g = plan.g;
  Status status = readGeometry(geometry, g);
  if (status.failed()) return status;
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.channels}, x.length)) return Status::error("the input is shorter than its shape");
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.channels}, y.length)) return Status::error("the output is shorter than its shape");
  status = readMatrices(plan, starts, cells, weights, divisors);
  if (status.failed()) return status;
  if (elements({g.batch, g.channels, g.out[0], g.out[1], g.out[2]}) == 0) return Status::ok();
  if (elements({g.in[0], g.in[1], g.in[2]}) == 0) {
    std::fill(y.data, y.data + elements({g.batch, g.out[0], g.out[1], g.out[2], g.channels}), 0.0f);
    return Status::ok();
  }
  const Matrix& width = plan.axis[2];
  plan.mostRows = mostTaps(plan.axis[0], g.out[0]) * mostTaps(plan.axis[1], g.out[1]);
  plan.direct = width.starts[g.out[2]] <= g.in[2] && plan.mostRows <= rowsAtOnce;
  // At least as many pieces as make two threads busy, and rows that stay in the cache; a part is a whole number of vectors.
  const int64_t pieces = std::max({int64_t{1}, enoughPieces / g.outRows(), g.in[2] * g.channels / rowFloats});
  plan.part = std::min(g.channels, std::max<int64_t>((g.channels + 16 * pieces - 1) / (16 * pieces), 1) * 16);
  plan.parts = (g.channels + plan.part - 1) / plan.part;
  const int64_t imageIn = elements({g.in[0], g.in[1], g.in[2], g.channels}), rowOut = g.out[2] * g.channels, rows = g.out[0] * g.out[1];
  const int64_t perPiece = std::max<int64_t>(1, std::max(imageIn / rows, rowOut) / plan.parts);
  const int64_t together = std::max<int64_t>(1, chunkElements / perPiece), all = g.batch * rows * plan.parts;
  std::atomic<bool> failed{false};
  parallelFor((all + together - 1) / together, [&](int64_t chunk, int) {
    for (int64_t piece = chunk * together; piece < std::min((chunk + 1) * together, all); ++piece) {
      const int64_t row = piece / plan.parts, channel = piece % plan.parts * plan.part, inImage = row % rows;
      const Piece part = {x.data + row / rows * imageIn, y.data + row * rowOut, inImage / g.out[1], inImage % g.out[1], channel,
                          std::min(plan.part, g.channels - channel)};
      if (!resampleOne(plan, part)) failed.store(true, std::memory_order_relaxed);
    }
  });
  return failed.load() ? Status::error("out of memory for a combined row") : Status::ok();
}

}  // namespace myelin::ops
