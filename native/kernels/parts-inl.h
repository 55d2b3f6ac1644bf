// Vectors of which only the first n lanes count, 1 <= n <= 16: the ends of rows. With n = 16 known, whole vectors are moved.

SIMD F16 laneNumbers() {
  static constexpr float numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return load(numbers);
}

SIMD M16 firstLanesOf(int n) { return lt(laneNumbers(), set1(static_cast<float>(n))); }

SIMD F16 loadSome(const float* p, int n) { return n == 16 ? load(p) : loadPart(p, n); }
SIMD void storeSome(float* p, F16 v, int n) {
  if (n == 16) store(p, v);
  else storePart(p, v, n);
}
SIMD F16 firstOnly(F16 v, int n) { return n == 16 ? v : pick(firstLanesOf(n), v, zero()); }

// Lanes beyond the first n hold the value that changes nothing.
SIMD F16 loadPartOr(const float* x, int n, float other) {
  return pick(firstLanesOf(n), loadPart(x, n), set1(other));
}

// visit(i, n) for the n <= 16 lanes from column i on.
template <class Visit> SIMD void eachPart(int64_t cols, Visit visit) {
  int64_t i = 0;
  for (; i + 16 <= cols; i += 16) visit(i, 16);
  if (i < cols) visit(i, static_cast<int>(cols - i));
}
