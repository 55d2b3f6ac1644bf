#include "strided.h"

namespace myelin::ops {

Status readStrided(const Dims& dims, Strided& s) {
  const int32_t rank = dims.count > 0 ? dims[0] : -1;
  if (rank < 0 || rank > Strided::maxRank || dims.count != 1 + 3 * rank) {
    return Status::error("expected dims of [rank, ...shape, ...strides, ...strides] with a rank from 0 to 8");
  }
  s.rank = 0;
  s.count = 1;
  for (int32_t i = 0; i < rank; i++) {
    const int64_t size = dims[1 + i];
    if (size < 0) return Status::error("expected dims with sizes of at least 0");
    if (__builtin_mul_overflow(s.count, size, &s.count)) return Status::error("expected dims with fewer than 2^63 elements");
    if (size == 1) continue;
    s.shape[s.rank] = size;
    s.x[s.rank] = dims[1 + rank + i];
    s.y[s.rank] = dims[1 + 2 * rank + i];
    s.rank++;
  }
  return Status::ok();
}

void collapse(Strided& s) {
  int32_t last = 0;
  for (int32_t i = 1; i < s.rank; i++) {
    const bool joins = s.x[last] == s.x[i] * s.shape[i] && s.y[last] == s.y[i] * s.shape[i];
    if (joins) {
      s.shape[last] *= s.shape[i];
    } else {
      last++;
      s.shape[last] = s.shape[i];
    }
    s.x[last] = s.x[i];
    s.y[last] = s.y[i];
  }
  if (s.rank > 0) s.rank = last + 1;
}

bool stridesFit(const Strided& s, const int64_t* strides, int64_t offset, size_t length) {
  if (s.count == 0) return true;
  // Each product is below 2^62, so eight of them need more than 64 bits.
  __int128 low = offset, high = offset;
  for (int32_t i = 0; i < s.rank; i++) {
    const __int128 span = static_cast<__int128>(s.shape[i] - 1) * strides[i];
    (span < 0 ? low : high) += span;
  }
  return low >= 0 && high < static_cast<__int128>(length);
}

}  // namespace myelin::ops
