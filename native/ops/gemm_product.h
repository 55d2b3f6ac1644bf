// A matrix product on one thread, for any part of C. Chunks of a large product and products of a batch end here.
#pragma once
#include <stdint.h>

#include <algorithm>

#include "../runtime/dispatch.h"

namespace myelin::ops {

struct GemmProduct {
  const float* a;
  const float* b;       // or null where `packed` is given
  const float* packed;  // panels of all n columns, each over all of k; or null
  float* c;
  const float* bias;  // or null
  int64_t m, n, k, lda, ldb, ldc;
  bool transA, transB, load;
  int32_t activation;
};

struct GemmRange {
  int64_t rowStart, rowEnd, columnStart, columnEnd;
};

// Steps of k between two visits of a tile of C. It changes no bit: a tile goes on from what C holds.
constexpr int64_t gemmDepth = 512;

// c in the range; false if memory is out. `columnStart` is a multiple of the panel, and so is `columnEnd`, or it is n.
bool gemmPart(const GemmProduct& p, const GemmRange& range);

// Panels of op(b) for columns [start, end) and steps [kStart, kEnd), one after the other; the last one may be narrower.
void gemmPackPanels(const GemmProduct& p, int64_t kStart, int64_t kEnd, int64_t start, int64_t end, float* out);

// Whether a product of so many rows gains by packing B, which costs the same however many they are.
bool gemmWorthPacking(const GemmProduct& p, int64_t rows);

// `count` cut into the fewest parts of at most `most`, as even as multiples of `unit` allow: the size of a part.
inline int64_t evenPart(int64_t count, int64_t most, int64_t unit = 1) {
  const int64_t parts = std::max<int64_t>(1, (count + most - 1) / most), part = (count + parts - 1) / parts;
  return std::max(unit, (part + unit - 1) / unit * unit);
}

// The start of part i of `parts` of `count`, which differ by one at most.
inline int64_t partStart(int64_t count, int64_t parts, int64_t i) {
  const int64_t part = count / parts, longer = count % parts;
  return i * part + std::min(i, longer);
}

}  // namespace myelin::ops
