// Checks of products and of packed matrices.
#include <string.h>

#include <algorithm>
#include <initializer_list>

#include "gemm_parallel.h"
#include "ops.h"

namespace myelin::ops {

static_assert(int(Activation::relu) == tileRelu && int(Activation::sigmoid) == tileSigmoid && int(Activation::tanh) == tileTanh);

namespace {

constexpr int64_t largest =
    int64_t(1) << 40;  // of sizes and strides: sums and products of two of them cannot overflow later checks

// Elements from the first to one past the last of `rows` rows of `columns`, or -1 where that does not fit `length`.
int64_t spanOf(int64_t rows, int64_t columns, int64_t stride, int64_t length) {
  if (rows == 0 || columns == 0) return 0;
  if (columns > length) return -1;
  if (rows > 1 && rows - 1 > (length - columns) / std::max<int64_t>(stride, 1)) return -1;
  return (rows - 1) * stride + columns;
}

bool batchFits(int64_t batch, int64_t stride, int64_t span, int64_t length) {
  return span >= 0 && (span == 0 || batch == 1 || stride == 0 || batch - 1 <= (length - span) / stride);
}

// Batched results must not share elements: either whole matrices or, where rows are far apart, side by side.
bool batchDisjoint(int64_t batch, int64_t stride, int64_t span, int64_t n, int64_t ldc) {
  return batch == 1 || span == 0 || stride >= span || (stride >= n && stride <= ldc / batch);
}

bool sane(std::initializer_list<int64_t> values) {
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v >= 0 && v <= largest; });
}

// The head of a packed matrix: the width of its panels, which is all that the layouts of instruction sets differ in, and its
// sizes. A wrong one would be read as numbers. Small whole floats, which survive any copy.
constexpr int64_t headElements = 16;

struct PackedHead {
  float values[headElements];
};

PackedHead headOf(int64_t n, int64_t k) {
  constexpr int64_t digit = 1 << 20;
  const float mark = 1163.0f;
  return {{mark, float(kernels().gemmShape().panel), float(n % digit), float(n / digit), float(k % digit), float(k / digit)}};
}

}  // namespace

Status gemm(In<float> a, In<float> b, InOut<float> c, Opt<In<float>> bias, int64_t m, int64_t n, int64_t k, int64_t lda,
            int64_t ldb, int64_t ldc, bool transA, bool transB, bool accumulate, int32_t activation, int64_t batch,
            int64_t batchStrideA, int64_t batchStrideB, int64_t batchStrideC) {
  if (!sane({m, n, k, lda, ldb, ldc, batch, batchStrideA, batchStrideB, batchStrideC}))
    return Status::error("sizes out of range");
  if (activation < 0 || activation >= int32_t(Activation::count)) return Status::error("unknown activation");
  if (accumulate && (bias || activation != int32_t(Activation::linear)))
    return Status::error("accumulate takes no bias or activation");
  if (lda < (transA ? m : k) || ldb < (transB ? k : n) || ldc < n) return Status::error("row stride is less than the row");
  if (m == 0 || n == 0 || batch == 0) return Status::ok();
  const int64_t lengthA = int64_t(a.length), lengthB = int64_t(b.length), lengthC = int64_t(c.length);
  const int64_t spanA = transA ? spanOf(k, m, lda, lengthA) : spanOf(m, k, lda, lengthA);
  const int64_t spanB = transB ? spanOf(n, k, ldb, lengthB) : spanOf(k, n, ldb, lengthB);
  const int64_t spanC = spanOf(m, n, ldc, lengthC);
  if (!batchFits(batch, batchStrideA, spanA, lengthA)) return Status::error("a is shorter than its shape");
  if (!batchFits(batch, batchStrideB, spanB, lengthB)) return Status::error("b is shorter than its shape");
  if (!batchFits(batch, batchStrideC, spanC, lengthC)) return Status::error("c is shorter than its shape");
  if (!batchDisjoint(batch, batchStrideC, spanC, n, ldc)) return Status::error("matrices of c overlap");
  if (bias && int64_t(bias.length) < n) return Status::error("bias is shorter than n");
  const GemmProduct p = {a.data, b.data, nullptr, c.data, bias.data, m,          n,         k,
                         lda,    ldb,    ldc,     transA, transB,    accumulate, activation};
  return gemmRun(p, {batch, batchStrideA, batchStrideB, batchStrideC});
}

int64_t gemmPackedSize(int64_t n, int64_t k) {
  if (!sane({n, k}) || (k > 0 && n + 15 > (int64_t(1) << 50) / k)) return -1;
  return headElements + (n + 15) / 16 * 16 * k;
}

Status gemmPack(In<float> b, Out<float> packed, int64_t n, int64_t k, int64_t ldb, bool transB) {
  const int64_t size = gemmPackedSize(n, k);
  if (size < 0 || !sane({ldb})) return Status::error("sizes out of range");
  if (ldb < (transB ? k : n)) return Status::error("row stride is less than the row");
  if ((transB ? spanOf(n, k, ldb, int64_t(b.length)) : spanOf(k, n, ldb, int64_t(b.length))) < 0) {
    return Status::error("b is shorter than its shape");
  }
  if (int64_t(packed.length) < size) return Status::error("packed is shorter than gemmPackedSize");
  const PackedHead head = headOf(n, k);
  memcpy(packed.data, &head, sizeof head);
  const GemmProduct p = {nullptr, b.data, nullptr, nullptr, nullptr, 0, n, k, 0, ldb, 0, false, transB, false, 0};
  gemmPackAll(p, packed.data + headElements);
  return Status::ok();
}

Status gemmPacked(In<float> a, In<float> packed, Out<float> c, Opt<In<float>> bias, int64_t m, int64_t n, int64_t k, int64_t lda,
                  int64_t ldc, bool transA, int32_t activation) {
  const int64_t size = gemmPackedSize(n, k);
  if (size < 0 || !sane({m, lda, ldc})) return Status::error("sizes out of range");
  if (activation < 0 || activation >= int32_t(Activation::count)) return Status::error("unknown activation");
  if (lda < (transA ? m : k) || ldc < n) return Status::error("row stride is less than the row");
  const PackedHead head = headOf(n, k);
  if (int64_t(packed.length) < size || memcmp(packed.data, &head, sizeof head) != 0) {
    return Status::error("packed is not from gemmPack of these sizes with this instruction set");
  }
  if (m == 0 || n == 0) return Status::ok();
  if ((transA ? spanOf(k, m, lda, int64_t(a.length)) : spanOf(m, k, lda, int64_t(a.length))) < 0) {
    return Status::error("a is shorter than its shape");
  }
  if (spanOf(m, n, ldc, int64_t(c.length)) < 0) return Status::error("c is shorter than its shape");
  if (bias && int64_t(bias.length) < n) return Status::error("bias is shorter than n");
  const GemmProduct p = {a.data, nullptr,   packed.data + headElements, c.data, bias.data, m, n, k, lda, 0, ldc, transA, false,
                         false,  activation};
  return gemmRun(p, {1, 0, 0, 0});
}

}  // namespace myelin::ops
