// Rows picked by index, and added by index.

// False if an index lies outside [0, rows); each index is read once. Rows are `bytes` long.
bool gatherRows(const uint8_t* x, const int32_t* indices, uint8_t* y, int64_t n, int64_t rows, int64_t bytes) {
  for (int64_t i = 0; i < n; i++) {
    const int64_t row = indices[i];
    if (row < 0 || row >= rows) return false;
    copyContiguousRow(x + row * bytes, y + i * bytes, bytes);
  }
  return true;
}

// x[indices[i]] += y[i] for `cols` columns from where x and y point, and for the indices in [firstRow, lastRow) alone, which lets
// several workers share one call without meeting.
void scatterAddRows(const float* y, const int32_t* indices, float* x, int64_t n, int64_t width, int64_t cols, int64_t firstRow,
                    int64_t lastRow) {
  for (int64_t i = 0; i < n; i++) {
    const int64_t row = indices[i];
    if (row < firstRow || row >= lastRow) continue;
    const float* from = y + i * width;
    float* to = x + row * width;
    eachPart(cols, [=](int64_t j, int part) __attribute__((always_inline)) {
      storeSome(to + j, add(loadSome(to + j, part), loadSome(from + j, part)), part);
    });
  }
}
