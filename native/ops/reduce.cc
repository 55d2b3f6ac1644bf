// Reductions of [outer, length, inner] along the middle. The length is cut into chunks and the inner axis into strips; a chunk of
// a strip is the unit of work. Where there are several chunks their results are combined in order, in double.
#include "ops.h"

#include <limits>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "split.h"

namespace myelin::ops {
namespace {

// Along contiguous memory, and across rows. Part of the numeric order: other values give other bits.
constexpr int64_t runChunk = 4096, rowChunk = 512;
// Columns that are reduced at once, so that their partial results stay in the first-level cache. No bit depends on it.
constexpr int64_t stripColumns = 512;

Status checkShape(int64_t outer, int64_t length, int64_t inner, size_t lengthX, size_t lengthY) {
  int64_t results, all;
  if (outer < 0 || length < 0 || inner < 0) return Status::error("expected outer, length and inner of at least 0");
  if (__builtin_mul_overflow(outer, inner, &results) || __builtin_mul_overflow(results, length, &all)) {
    return Status::error("expected outer * length * inner below 2^63");
  }
  if (static_cast<size_t>(all) != lengthX) return Status::error("expected x with outer * length * inner elements");
  if (static_cast<size_t>(results) != lengthY) return Status::error("expected y with outer * inner elements");
  return Status::ok();
}

double identity(ReduceOp op) {
  switch (op) {
    case ReduceOp::max: return -std::numeric_limits<double>::infinity();
    case ReduceOp::min: return std::numeric_limits<double>::infinity();
    case ReduceOp::prod: return 1;
    default: return 0;
  }
}

double combined(ReduceOp op, double a, double b) {
  switch (op) {
    case ReduceOp::max: return b > a || b != b ? b : a;
    case ReduceOp::min: return b < a || b != b ? b : a;
    case ReduceOp::prod: return a * b;
    default: return a + b;
  }
}

// y[i] from the chunks' results for [chunks][inner], in strips whose sums stay in cache.
void combineChunks(ReduceOp op, const float* partial, float* y, int64_t chunks, int64_t inner, double divisor) {
  double state[stripColumns];
  for (int64_t first = 0; first < inner; first += stripColumns) {
    const int64_t n = least(inner - first, stripColumns);
    for (int64_t i = 0; i < n; i++) state[i] = identity(op);
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
      const float* row = partial + chunk * inner + first;
      for (int64_t i = 0; i < n; i++) state[i] = combined(op, state[i], row[i]);
    }
    for (int64_t i = 0; i < n; i++) y[first + i] = static_cast<float>(state[i] / divisor);
  }
}

}  // namespace

Status reduce(int32_t op, In<float> x, Out<float> y, int64_t outer, int64_t length, int64_t inner) {
  if (op < 0 || op >= static_cast<int32_t>(ReduceOp::count)) return Status::error("expected the name of a reduction");
  if (const Status status = checkShape(outer, length, inner, x.length, y.length); status.failed()) return status;
  const ReduceOp named{op};
  if (length == 0 && y.length > 0 && (named == ReduceOp::max || named == ReduceOp::min)) {
    return Status::error("expected a length of at least 1 for max and min");
  }
  if (y.length == 0) return Status::ok();

  const double divisor = named == ReduceOp::mean ? static_cast<double>(length) : 1;
  const int64_t chunkLength = inner == 1 ? runChunk : rowChunk;
  const int64_t chunks = length == 0 ? 1 : ceilDiv(length, chunkLength);
  float* partial = y.data;
  if (chunks > 1) {
    partial = static_cast<float*>(scratch(Slot::work, static_cast<size_t>(outer * chunks * inner) * sizeof(float)));
    if (partial == nullptr) return Status::error("out of memory");
  }

  if (inner == 1 && chunks == 1) {
    splitElements(outer, length + 1, [&](int64_t first, int64_t n) {
      kernels().reduceRows(op, x.data + first * length, partial + first, n, length);
    });
  } else {
    const int64_t strips = ceilDiv(inner, stripColumns);
    const int64_t unitElements = least(length, chunkLength) * least(inner, stripColumns);
    splitElements(outer * chunks * strips, unitElements + 1, [&](int64_t first, int64_t n) {
      for (int64_t unit = first; unit < first + n; unit++) {
        const int64_t strip = unit % strips * stripColumns, chunk = unit / strips % chunks, o = unit / (strips * chunks);
        const int64_t start = chunk * chunkLength, rows = least(length - start, chunkLength);
        const float* from = x.data + (o * length + start) * inner + strip;
        float* to = partial + (o * chunks + chunk) * inner + strip;
        if (inner == 1) kernels().reduceRows(op, from, to, 1, rows);
        else kernels().reduceColumns(op, from, to, rows, least(inner - strip, stripColumns), inner);
      }
    });
  }

  if (chunks > 1) {
    splitElements(outer, chunks * inner, [&](int64_t first, int64_t n) {
      for (int64_t o = first; o < first + n; o++)
        combineChunks(named, partial + o * chunks * inner, y.data + o * inner, chunks, inner, divisor);
    });
  } else if (named == ReduceOp::mean) {
    const float scale = static_cast<float>(length);
    for (size_t i = 0; i < y.length; i++) y.data[i] /= scale;
  }
  return Status::ok();
}

Status argReduce(int32_t op, In<float> x, Out<int32_t> y, int64_t outer, int64_t length, int64_t inner) {
  if (op < 0 || op >= static_cast<int32_t>(ArgReduceOp::count)) return Status::error("expected argMax or argMin");
  if (const Status status = checkShape(outer, length, inner, x.length, y.length); status.failed()) return status;
  if (y.length == 0) return Status::ok();
  if (length == 0) return Status::error("expected a length of at least 1");
  if (length > std::numeric_limits<int32_t>::max()) return Status::error("expected a length below 2^31");
  const bool greatest = ArgReduceOp{op} == ArgReduceOp::argMax;
  if (inner == 1) {
    splitElements(outer, length, [&](int64_t first, int64_t n) {
      kernels().argRows(greatest, x.data + first * length, y.data + first, n, length);
    });
    return Status::ok();
  }
  const int64_t strips = ceilDiv(inner, stripColumns);
  splitElements(outer * strips, length * least(inner, stripColumns), [&](int64_t first, int64_t n) {
    for (int64_t unit = first; unit < first + n; unit++) {
      const int64_t strip = unit % strips * stripColumns, o = unit / strips;
      kernels().argColumns(greatest, x.data + o * length * inner + strip, y.data + o * inner + strip, length,
                           least(inner - strip, stripColumns), inner);
    }
  });
  return Status::ok();
}

}  // namespace myelin::ops
