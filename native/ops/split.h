// How work that streams through memory is cut for the threads. A chunk is large enough to drown the cost of handing it out and
// small enough that its arrays stay in the second-level cache.
#pragma once
#include "../runtime/threads.h"

namespace myelin::ops {

constexpr int64_t chunkElements = 16384;
// Below this a parallel region costs more than it saves.
constexpr int64_t parallelElements = 65536;

inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
inline int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// body(first, n) over [0, count), where one step costs about `weight` elements' worth of work.
template <class F> void splitElements(int64_t count, int64_t weight, F&& body) {
  if (count * weight < parallelElements) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
  const int64_t size = chunkElements > weight ? chunkElements / weight : 1;
  parallelFor(ceilDiv(count, size), [&](int64_t chunk, int) {
    const int64_t first = chunk * size;
    body(first, least(size, count - first));
  });
}

}  // namespace myelin::ops
