// A matrix product on one thread, for any part of C. Chunks of a large product, batched products and convolutions that go through
// a matrix all end here.
#pragma once
#include <stdint.h>

#include "../runtime/dispatch.h"

namespace myelin::ops {

struct GemmProduct {
  const float* a;
  const float* b;       // or null where `packed` is given
  const float* packed;  // panels of all n columns, each over all of k; or null
  float* c;
  const float* bias;    // or null
  int64_t m, n, k, lda, ldb, ldc;
  bool transA, transB, load;
  int32_t activation;
};

struct GemmRange {
  int64_t rowStart, rowEnd, columnStart, columnEnd;
};

// c in the range; false if memory is out. `columnStart` is a multiple of the panel.
bool gemmPart(const GemmProduct& p, const GemmRange& range);

// Panels of op(b) for columns [start, end) and steps [kStart, kEnd), one after the other; the last one may be narrower.
void gemmPackPanels(const GemmProduct& p, int64_t kStart, int64_t kEnd, int64_t start, int64_t end, float* out);

// `count` cut into the fewest parts of at most `most`, as even as multiples of `unit` allow: the size of a part.
inline int64_t evenPart(int64_t count, int64_t most, int64_t unit = 1) {
  const int64_t parts = (count + most - 1) / most;
  const int64_t part = parts > 1 ? (count + parts - 1) / parts : count;
  return part < 1 ? unit : (part + unit - 1) / unit * unit;
}

}  // namespace myelin::ops
