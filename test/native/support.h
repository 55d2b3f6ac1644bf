// What the tests of the larger kernels share: whole numbers, hashes, and sentences about failures.
#pragma once
#include <stdarg.h>
#include <string.h>

#include "test.h"

namespace test {

inline int64_t below(Random& random, int64_t n) {
  random.next();
  return int64_t((random.state >> 33) % uint64_t(n));
}

// FNV-1a over the bits.
inline uint64_t hash(const std::vector<float>& v, uint64_t seed) {
  for (const float& x : v) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    seed = (seed ^ bits) * 1099511628211u;
  }
  return seed;
}

// Prints, and answers false: CHECK(a == b || explain("...", ...)).
__attribute__((format(printf, 1, 2))) inline bool explain(const char* format, ...) {
  va_list list;
  va_start(list, format);
  vprintf(format, list);
  va_end(list);
  printf("\n");
  return false;
}

}  // namespace test
