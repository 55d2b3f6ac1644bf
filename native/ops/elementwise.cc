// Elementwise operations: checks, broadcasting, split over the threads. A broadcast is brought to rows of columns, which is what
// the kernels know: in a row each operand is contiguous or one repeated element, and its rows are a constant stride apart. Other
// strides (no tensor of this library has them) are gathered into small buffers first.
#include "ops.h"

#include "../runtime/dispatch.h"
#include "split.h"
#include "strided.h"

namespace myelin::ops {
namespace {

enum class UnaryOp : int32_t {
#define UNARY(name, value, derivative) name,
#include "../kernels/unary.def"
#undef UNARY
  count
};
enum class BinaryOp : int32_t {
#define BINARY(name, value) name,
#include "../kernels/binary.def"
#undef BINARY
  count
};

template <class Enum> bool names(int32_t op) { return op >= 0 && op < static_cast<int32_t>(Enum::count); }

// Elementary functions cost more than the memory they stream through.
int64_t weightOf(UnaryOp op) {
  switch (op) {
    case UnaryOp::exp: return 2;
    case UnaryOp::log:
    case UnaryOp::log1p:
    case UnaryOp::expm1:
    case UnaryOp::erf:
    case UnaryOp::sigmoid:
    case UnaryOp::tanh:
    case UnaryOp::elu:
    case UnaryOp::silu:
    case UnaryOp::gelu:
    case UnaryOp::geluTanh:
    case UnaryOp::softplus: return 3;
    case UnaryOp::mish:
    case UnaryOp::sin:
    case UnaryOp::cos: return 8;
    case UnaryOp::powScalar: return 16;
    default: return 1;
  }
}

// Some derivatives are had from y for a multiplication or two.
int64_t weightOfGrad(UnaryOp op) {
  switch (op) {
    case UnaryOp::exp:
    case UnaryOp::log:
    case UnaryOp::log1p:
    case UnaryOp::expm1:
    case UnaryOp::sigmoid:
    case UnaryOp::tanh: return 1;
    default: return weightOf(op);
  }
}

const uint8_t* at(const void* p, int64_t element, int64_t size) { return static_cast<const uint8_t*>(p) + element * size; }

// Where an operand's row stands, and how.
struct Row {
  const void* data;
  int64_t rowStride, step;
};

constexpr int64_t bufferElements = 256;

// Part of a row, or of several whole ones, of c: `first` element, rows, columns, and columns of c from a row to the next.
struct Block {
  int64_t first, rows, cols, rowStride;
};

// body(a, b, first element of c, rows, cols) where both operands' rows are contiguous (step 1) or repeat (step 0).
template <class Body> void broadcastBlock(Row a, Row b, Block c, int64_t size, Body&& body) {
  if ((a.step == 0 || a.step == 1) && (b.step == 0 || b.step == 1)) {
    body(a, b, c.first, c.rows, c.cols);
    return;
  }
  alignas(64) uint8_t buffers[2][bufferElements * 8];
  const auto gather = [&](Row from, int64_t row, int64_t first, int64_t n, uint8_t* buffer) -> Row {
    const uint8_t* start = at(from.data, row * from.rowStride + first * from.step, size);
    if (from.step == 0 || from.step == 1) return {start, 0, from.step};
    const size_t bytes = static_cast<size_t>(size);
    for (int64_t i = 0; i < n; i++) __builtin_memcpy(buffer + i * size, at(start, i * from.step, size), bytes);
    return {buffer, 0, 1};
  };
  for (int64_t row = 0; row < c.rows; row++) {
    for (int64_t col = 0; col < c.cols; col += bufferElements) {
      const int64_t n = least(c.cols - col, bufferElements);
      const Row rowA = gather(a, row, col, n, buffers[0]), rowB = gather(b, row, col, n, buffers[1]);
      body(rowA, rowB, c.first + row * c.rowStride + col, 1, n);
    }
  }
}

// Calls body (see broadcastRows) for blocks of rows that cover the whole shape.
template <class Body> void broadcast(Strided& s, const void* a, const void* b, int64_t size, Body&& body) {
  if (s.count == 0) return;
  collapse(s);
  if (s.rank == 0) {
    s.rank = 1;
    s.shape[0] = 1;
    s.x[0] = s.y[0] = 0;
  }
  const int32_t inner = s.rank - 1;
  const int64_t cols = s.shape[inner], rows = inner > 0 ? s.shape[inner - 1] : 1;
  const int64_t rowA = inner > 0 ? s.x[inner - 1] : 0, rowB = inner > 0 ? s.y[inner - 1] : 0;
  const int64_t colBlock = least(cols, 4 * chunkElements);
  const int64_t rowBlock = least(rows, cols < chunkElements ? chunkElements / cols : 1);
  const int64_t colBlocks = ceilDiv(cols, colBlock), rowBlocks = ceilDiv(rows, rowBlock);
  const auto oneBlock = [&](int64_t block) {
    const int64_t firstCol = block % colBlocks * colBlock, firstRow = block / colBlocks % rowBlocks * rowBlock;
    int64_t outer = block / (colBlocks * rowBlocks);
    const int64_t firstOfC = (outer * rows + firstRow) * cols + firstCol;
    const Block c = {firstOfC, least(rows - firstRow, rowBlock), least(cols - firstCol, colBlock), cols};
    int64_t startA = firstRow * rowA + firstCol * s.x[inner], startB = firstRow * rowB + firstCol * s.y[inner];
    for (int32_t i = inner - 2; i >= 0; i--) {
      startA += outer % s.shape[i] * s.x[i];
      startB += outer % s.shape[i] * s.y[i];
      outer /= s.shape[i];
    }
    broadcastBlock({at(a, startA, size), rowA, s.x[inner]}, {at(b, startB, size), rowB, s.y[inner]}, c, size, body);
  };
  splitElements(s.count / (rows * cols) * rowBlocks * colBlocks, rowBlock * colBlock, [&](int64_t first, int64_t n) {
    for (int64_t block = first; block < first + n; block++) oneBlock(block);
  });
}

Status checkBroadcast(const Dims& dims, size_t lengthA, size_t lengthB, size_t lengthC, Strided& s) {
  if (const Status status = readStrided(dims, s); status.failed()) return status;
  if (static_cast<size_t>(s.count) != lengthC) return Status::error("expected as many elements in c as the shape has");
  if (!stridesFit(s, s.x, 0, lengthA)) return Status::error("expected strides that stay inside a");
  if (!stridesFit(s, s.y, 0, lengthB)) return Status::error("expected strides that stay inside b");
  return Status::ok();
}

}  // namespace

Status unary(int32_t op, In<float> x, OutOver<float> y, double p, double q) {
  if (!names<UnaryOp>(op)) return Status::error("expected the name of a unary operation");
  if (x.length != y.length) return Status::error("expected x and y of one length");
  const float p32 = static_cast<float>(p), q32 = static_cast<float>(q);
  splitElements(static_cast<int64_t>(y.length), weightOf(UnaryOp{op}), [&](int64_t first, int64_t n) {
    kernels().unary(op, x.data + first, y.data + first, n, p32, q32);
  });
  return Status::ok();
}

Status unaryGrad(int32_t op, In<float> x, In<float> y, In<float> dy, OutOver<float> dx, double p, double q) {
  if (!names<UnaryOp>(op)) return Status::error("expected the name of a unary operation");
  if (x.length != dx.length || y.length != dx.length || dy.length != dx.length) {
    return Status::error("expected x, y, dy and dx of one length");
  }
  const float p32 = static_cast<float>(p), q32 = static_cast<float>(q);
  splitElements(static_cast<int64_t>(dx.length), weightOfGrad(UnaryOp{op}), [&](int64_t first, int64_t n) {
    kernels().unaryGrad(op, x.data + first, y.data + first, dy.data + first, dx.data + first, n, p32, q32);
  });
  return Status::ok();
}

Status binary(int32_t op, In<float> a, In<float> b, OutOver<float> c, Dims dims) {
  if (!names<BinaryOp>(op)) return Status::error("expected the name of a binary operation");
  Strided s;
  if (const Status status = checkBroadcast(dims, a.length, b.length, c.length, s); status.failed()) return status;
  broadcast(s, a.data, b.data, sizeof(float), [&](Row x, Row y, int64_t first, int64_t rows, int64_t cols) {
    kernels().binary(op, static_cast<const float*>(x.data), static_cast<const float*>(y.data), c.data + first, rows, cols,
                     x.rowStride, y.rowStride, x.step == 0, y.step == 0);
  });
  return Status::ok();
}

Status compare(int32_t op, AnyIn a, AnyIn b, Out<uint8_t> c, Dims dims) {
  if (!names<CompareOp>(op)) return Status::error("expected the name of a comparison");
  if (a.type != b.type) return Status::error("expected a and b of one element type");
  Strided s;
  if (const Status status = checkBroadcast(dims, a.length, b.length, c.length, s); status.failed()) return status;
  const int32_t type = static_cast<int32_t>(a.type);
  const int64_t size = static_cast<int64_t>(sizeOf(a.type));
  broadcast(s, a.data, b.data, size, [&](Row x, Row y, int64_t first, int64_t rows, int64_t cols) {
    kernels().compare(op, type, x.data, y.data, c.data + first, rows, cols, x.rowStride, y.rowStride, x.step == 0, y.step == 0);
  });
  return Status::ok();
}

Status select(In<uint8_t> mask, AnyIn a, AnyIn b, AnyOutOver c) {
  if (a.type != c.type || b.type != c.type) return Status::error("expected a, b and c of one element type");
  if (mask.length != c.length || a.length != c.length || b.length != c.length) {
    return Status::error("expected mask, a, b and c of one length");
  }
  const int64_t size = static_cast<int64_t>(sizeOf(c.type));
  splitElements(static_cast<int64_t>(c.length), 1, [&](int64_t first, int64_t n) {
    kernels().select(static_cast<int32_t>(size), mask.data + first, at(a.data, first, size), at(b.data, first, size),
                     static_cast<uint8_t*>(c.data) + first * size, n);
  });
  return Status::ok();
}

}  // namespace myelin::ops
