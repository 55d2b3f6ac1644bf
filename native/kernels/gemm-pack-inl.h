// Panels of B for the micro-kernel: k rows of `width` floats each, width = 16*ceil(columns/16) <= the panel of gemmShape(),
// filled up with zeros, one row after the other. So a tile reads B as one stream of whole vectors.

SIMD void packRows(const float* b, int64_t stride, int64_t k, int columns, float* panel) {
  const int width = (columns + 15) / 16 * 16, whole = columns / 16 * 16;
  if (columns == 32) {
    for (int64_t i = 0; i < k; ++i, b += stride, panel += 32) {
      store(panel, load(b));
      store(panel + 16, load(b + 16));
    }
    return;
  }
  for (int64_t i = 0; i < k; ++i, b += stride, panel += width) {
    for (int j = 0; j < whole; j += 16) store(panel + j, load(b + j));
    if (whole < width) store(panel + whole, loadPart(b + whole, columns - whole));
  }
}

// Four steps of k of sixteen columns, which are rows of b: row q + 4*group comes from group `group`, `stride` apart.
SIMD void packQuads(const float* const (&groups)[4], int64_t stride, int64_t i, int width, float* out) {
  F16 v[4];
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q) {
    const int64_t at = q * stride + i;
    v[q] = loadQuads(groups[0] + at, groups[1] + at, groups[2] + at, groups[3] + at);
  }
  transposeQuads(v[0], v[1], v[2], v[3]);
#pragma GCC unroll 4
  for (int q = 0; q < 4; ++q) store(out + q * width, v[q]);
}

// b is [columns, k].
SIMD void packTransposed(const float* b, int64_t stride, int64_t k, int columns, float* panel) {
  const int width = (columns + 15) / 16 * 16;
  for (int j = 0; j < width; j += 16) {
    const int n = columns - j < 16 ? columns - j : 16;
    const float* from = b + j * stride;
    float* out = panel + j;
    int64_t i = 0;
    if (n == 16) {
      const float* const groups[4] = {from, from + 4 * stride, from + 8 * stride, from + 12 * stride};
      for (; i + 4 <= k; i += 4, out += 4 * width) packQuads(groups, stride, i, width, out);
    }
    for (; i < k; ++i, out += width)
      for (int r = 0; r < 16; ++r) out[r] = r < n ? from[r * stride + i] : 0.0f;
  }
}

void gemmPackPanel(const float* b, int64_t stride, bool transposed, int64_t k, int32_t columns, float* panel) {
  if (transposed)
    packTransposed(b, stride, k, columns, panel);
  else
    packRows(b, stride, k, columns, panel);
}
