// The numbers of a convolution or of a pooling, read from the flat list of the call and checked.
#pragma once
#include <stdint.h>

#include <initializer_list>

#include "../runtime/args.h"

namespace myelin::ops {

// Axes in the order depth, height, width.
struct ConvGeometry {
  int64_t batch, in[3], inChannels, out[3], outChannels, kernel[3], stride[3], pad[3], dilation[3], groups;

  int64_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
  int64_t inGroup() const { return inChannels / groups; }
  int64_t outGroup() const { return outChannels / groups; }
  int64_t inPixels() const { return in[0] * in[1] * in[2]; }
  int64_t outPixels() const { return out[0] * out[1] * out[2]; }
};

// A kernel of 0 makes the windows of an axis adaptive.
struct PoolGeometry {
  int64_t batch, in[3], channels, out[3], kernel[3], stride[3], pad[3], dilation[3];

  bool adaptive(int axis) const { return kernel[axis] == 0; }
  int64_t inPixels() const { return in[0] * in[1] * in[2]; }
  int64_t outPixels() const { return out[0] * out[1] * out[2]; }
};

// The product of numbers >= 0, or something above any length of an array where it is larger than that.
inline int64_t elements(std::initializer_list<int64_t> sizes) {
  constexpr int64_t tooMany = int64_t(1) << 53;
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (size == 0) return 0;
    // No division: a call asks for several such products, and one takes as long as twenty multiplications.
    if (__builtin_mul_overflow(product, size, &product) || product > tooMany) product = tooMany;
  }
  return product;
}

inline bool fits(std::initializer_list<int64_t> sizes, size_t length) { return elements(sizes) <= int64_t(length); }

Status readGeometry(const Dims& dims, ConvGeometry& g);
Status readGeometry(const Dims& dims, PoolGeometry& g);

}  // namespace myelin::ops
