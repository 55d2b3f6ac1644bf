// Fills, strided copies and casts. A copy's dimensions are put in the order of y's strides and joined where one stride steps
// through two of them, which leaves a block of rows and columns for the kernel (kernels/movement-inl.h) and loops around it.
#include "ops.h"

#include <math.h>
#include <string.h>

#include <algorithm>

#include "../runtime/dispatch.h"
#include "split.h"
#include "strided.h"

namespace myelin::ops {
namespace {

// As a JavaScript typed array stores a number: modulo 2^32, and what is not finite as 0.
uint32_t wrapped(double value) {
  if (!isfinite(value)) return 0;
  const double rest = fmod(trunc(value), 4294967296.0);
  return static_cast<uint32_t>(static_cast<int64_t>(rest));
}

template <class T> void fillWith(void* y, size_t length, T value) {
  T* data = static_cast<T*>(y);
  splitElements(static_cast<int64_t>(length), 1, [&](int64_t first, int64_t n) { std::fill_n(data + first, n, value); });
}

void swapDims(Strided& s, int32_t i, int32_t j) {
  std::swap(s.shape[i], s.shape[j]);
  std::swap(s.x[i], s.x[j]);
  std::swap(s.y[i], s.y[j]);
}

int64_t magnitude(int64_t stride) { return stride < 0 ? -stride : stride; }

// Largest stride of y first; a handful of dimensions at most.
void sortByStrideOfY(Strided& s) {
  for (int32_t i = 1; i < s.rank; i++)
    for (int32_t j = i; j > 0 && magnitude(s.y[j - 1]) < magnitude(s.y[j]); j--) swapDims(s, j - 1, j);
}

// Makes the last two dimensions the rows and columns of a block: where the columns are contiguous in y only, a dimension that is
// contiguous in x serves as the rows.
void chooseBlock(Strided& s) {
  while (s.rank < 2) {
    for (int32_t i = s.rank; i > 0; i--) {
      s.shape[i] = s.shape[i - 1];
      s.x[i] = s.x[i - 1];
      s.y[i] = s.y[i - 1];
    }
    s.shape[0] = 1;
    s.x[0] = s.y[0] = 0;
    s.rank++;
  }
  const int32_t inner = s.rank - 1;
  if (s.y[inner] != 1 || s.x[inner] == 1) return;
  for (int32_t i = 0; i < inner; i++) {
    if (s.x[i] == 1) {
      swapDims(s, i, inner - 1);
      return;
    }
  }
}

}  // namespace

Status fill(AnyOut y, double value) {
  switch (y.type) {
    case Type::f32: fillWith(y.data, y.length, static_cast<float>(value)); break;
    case Type::f64: fillWith(y.data, y.length, value); break;
    case Type::i32: fillWith(y.data, y.length, wrapped(value)); break;
    case Type::u8: fillWith(y.data, y.length, static_cast<uint8_t>(wrapped(value))); break;
  }
  return Status::ok();
}

Status copy(AnyIn x, AnyOut y, Dims dims, int64_t xOffset, int64_t yOffset) {
  if (x.type != y.type) return Status::error("expected x and y of one element type");
  Strided s;
  if (const Status status = readStrided(dims, s); status.failed()) return status;
  if (!stridesFit(s, s.x, xOffset, x.length)) return Status::error("expected strides and an offset that stay inside x");
  if (!stridesFit(s, s.y, yOffset, y.length)) return Status::error("expected strides and an offset that stay inside y");
  if (s.count == 0) return Status::ok();
  for (int32_t i = 0; i < s.rank; i++)
    if (s.y[i] == 0) return Status::error("expected strides of y other than 0");
  sortByStrideOfY(s);
  collapse(s);
  chooseBlock(s);

  const int32_t inner = s.rank - 1;
  const int64_t rows = s.shape[inner - 1], cols = s.shape[inner];
  const int64_t rowX = s.x[inner - 1], colX = s.x[inner], rowY = s.y[inner - 1], colY = s.y[inner];
  const bool transposes = rowX == 1 && colX != 1 && colY == 1;
  const int64_t rowBlock = least(rows, transposes ? 32 : cols < chunkElements ? chunkElements / cols : 1);
  const int64_t colBlock = least(cols, transposes ? chunkElements / 32 : 4 * chunkElements);
  const int64_t rowBlocks = ceilDiv(rows, rowBlock), colBlocks = ceilDiv(cols, colBlock);
  const int32_t size = static_cast<int32_t>(sizeOf(y.type));
  const uint8_t* from = static_cast<const uint8_t*>(x.data);
  uint8_t* to = static_cast<uint8_t*>(y.data);

  const auto oneBlock = [&](int64_t block) {
    const int64_t firstCol = block % colBlocks * colBlock, firstRow = block / colBlocks % rowBlocks * rowBlock;
    int64_t outer = block / (colBlocks * rowBlocks);
    int64_t startX = xOffset + firstRow * rowX + firstCol * colX, startY = yOffset + firstRow * rowY + firstCol * colY;
    for (int32_t i = inner - 2; i >= 0; i--) {
      startX += outer % s.shape[i] * s.x[i];
      startY += outer % s.shape[i] * s.y[i];
      outer /= s.shape[i];
    }
    kernels().copyBlock(size, from + startX * size, to + startY * size, least(rows - firstRow, rowBlock),
                        least(cols - firstCol, colBlock), rowX, colX, rowY, colY);
  };
  splitElements(s.count / (rows * cols) * rowBlocks * colBlocks, rowBlock * colBlock, [&](int64_t first, int64_t n) {
    for (int64_t block = first; block < first + n; block++) oneBlock(block);
  });
  return Status::ok();
}

Status cast(AnyIn x, AnyOut y) {
  if (x.length != y.length) return Status::error("expected x and y of one length");
  const int64_t sizeX = static_cast<int64_t>(sizeOf(x.type)), sizeY = static_cast<int64_t>(sizeOf(y.type));
  const uint8_t* from = static_cast<const uint8_t*>(x.data);
  uint8_t* to = static_cast<uint8_t*>(y.data);
  splitElements(static_cast<int64_t>(y.length), 1, [&](int64_t first, int64_t n) {
    if (x.type == y.type) {
      memcpy(to + first * sizeY, from + first * sizeX, static_cast<size_t>(n * sizeY));
    } else {
      kernels().cast(static_cast<int32_t>(x.type), static_cast<int32_t>(y.type), from + first * sizeX, to + first * sizeY, n);
    }
  });
  return Status::ok();
}

}  // namespace myelin::ops
