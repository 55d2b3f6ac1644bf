// Where the rows of an image lie for a band of output rows of one output plane: in the image itself, or, where windows reach
// beyond its left or right edge, in a copy with zeros on both sides. Rows above, below, before and behind the image are never
// asked for.
#pragma once
#include <stdint.h>
#include <string.h>

#include <algorithm>

namespace myelin::ops {

struct ConvRows {
  const float* base;  // the first column reached of the first row kept
  int64_t planeStride, rowStride, firstPlane, firstRow;

  int64_t offset(int64_t plane, int64_t row) const { return (plane - firstPlane) * planeStride + (row - firstRow) * rowStride; }
};

// The columns that the windows of a row reach: [first, first + count).
struct ConvReach {
  int64_t first, count;
  bool inside(int64_t in) const { return first >= 0 && first + count <= in; }
};

// The planes and rows of a band, clipped to the image.
struct ConvBand {
  int64_t planeStart, planeEnd, rowStart, rowEnd;
  int64_t rows() const { return std::max<int64_t>(planeEnd - planeStart, 0) * std::max<int64_t>(rowEnd - rowStart, 0); }
};

// Rows of an image [.., height, width, channels] as they are.
inline ConvRows rowsInPlace(const float* image, int64_t height, int64_t width, int64_t channels, const ConvReach& reach) {
  return {image + reach.first * channels, height * width * channels, width * channels, 0, 0};
}

// Copies the band's rows, padded to the reach, into `copy` of band.rows() * reach.count * channels floats.
inline ConvRows rowsPadded(const float* image, int64_t height, int64_t width, int64_t channels, const ConvReach& reach,
                           const ConvBand& band, float* copy) {
  const int64_t left = std::clamp<int64_t>(-reach.first, 0, reach.count);
  const int64_t from = std::clamp<int64_t>(reach.first, 0, width);
  const int64_t kept = std::max<int64_t>(0, std::min(width - from, reach.count - left));
  float* out = copy;
  for (int64_t plane = band.planeStart; plane < band.planeEnd; ++plane) {
    for (int64_t row = band.rowStart; row < band.rowEnd; ++row, out += reach.count * channels) {
      memset(out, 0, size_t(left * channels) * sizeof(float));
      memcpy(out + left * channels, image + ((plane * height + row) * width + from) * channels,
             size_t(kept * channels) * sizeof(float));
      memset(out + (left + kept) * channels, 0, size_t((reach.count - left - kept) * channels) * sizeof(float));
    }
  }
  const int64_t rowStride = reach.count * channels;
  return {copy, (band.rowEnd - band.rowStart) * rowStride, rowStride, band.planeStart, band.rowStart};
}

}  // namespace myelin::ops
