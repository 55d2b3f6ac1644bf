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

// b is [columns, k]: sixteen rows by four columns at a time, in registers. Rows beyond the last repeat it; their lanes are cleared.
SIMD void packTransposed(const float* b, int64_t stride, int64_t k, int columns, float* panel) {
  const int width = (columns + 15) / 16 * 16;
  for (int j = 0; j < width; j += 16) {
    const int n = columns - j < 16 ? columns - j : 16;
    const float* row[16];
    for (int r = 0; r < 16; ++r) row[r] = b + (j + (r < n ? r : n - 1)) * stride;
    float* out = panel + j;
    int64_t i = 0;
    for (; i + 4 <= k; i += 4, out += 4 * width) {
      F16 v[4];
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) v[q] = loadQuads(row[q] + i, row[4 + q] + i, row[8 + q] + i, row[12 + q] + i);
      transposeQuads(v[0], v[1], v[2], v[3]);
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) store(out + q * width, v[q]);
    }
    for (; i < k; ++i, out += width)
      for (int r = 0; r < 16; ++r) out[r] = row[r][i];
    if (n == 16) continue;
    float* lane = panel + j;
    for (i = 0; i < k; ++i, lane += width)
      for (int r = n; r < 16; ++r) lane[r] = 0.0f;
  }
}

void gemmPackPanel(const float* b, int64_t stride, bool transposed, int64_t k, int32_t columns, float* panel) {
  if (transposed) packTransposed(b, stride, k, columns, panel);
  else packRows(b, stride, k, columns, panel);
}
