// Shapes with strides, as binary, compare and copy receive them: dims = [rank, ...shape, ...stridesX, ...stridesY].
#pragma once
#include "../runtime/args.h"

namespace myelin::ops {

struct Strided {
  static constexpr int32_t maxRank = 8;
  int32_t rank = 0;
  int64_t count = 0;  // elements in all
  int64_t shape[maxRank];
  int64_t x[maxRank], y[maxRank];  // strides
};

// Reads dims. Dimensions of size 1 are left out: their strides mean nothing.
Status readStrided(const Dims& dims, Strided& s);

// Joins neighbouring dimensions that one stride steps through, in both arrays.
void collapse(Strided& s);

// Whether offset + every combination of indices lies in [0, length). True if there are no elements.
bool stridesFit(const Strided& s, const int64_t* strides, int64_t offset, size_t length);

}  // namespace myelin::ops
