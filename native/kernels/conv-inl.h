// out[i] = parts[0][i] + parts[1][i] + ..., added in that order: what the chunks of a long sum have gathered.
void sumParts(const float* parts, int64_t stride, int64_t count, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) {
    const int lanes = n - i < 16 ? int(n - i) : 16;
    F16 sum = loadPart(parts + i, lanes);
    for (int64_t p = 1; p < count; ++p) sum = add(sum, loadPart(parts + p * stride + i, lanes));
    storePart(out + i, sum, lanes);
  }
}

// The taps are the inner loop: runs of neighbouring pixels overlap, and a sum that was stored a moment ago is slow to load.
void scatterSums(const ScatterSums& s) {
  const int whole = int(s.length / 16 * 16), rest = int(s.length) - whole;
  for (int64_t p = 0; p < s.pixels; ++p) {
    for (int64_t t = 0; t < s.tapCount; ++t) {
      const float* from = s.sums + s.taps[t].w + p * s.strideSums;
      float* to = s.dx + s.taps[t].x + p * s.strideX;
      for (int i = 0; i < whole; i += 16) store(to + i, add(load(to + i), load(from + i)));
      if (rest > 0) storePart(to + whole, add(loadPart(to + whole, rest), loadPart(from + whole, rest)), rest);
    }
  }
}
