// What the chunks of a long sum have gathered, added in the order of the chunks.
SIMD F16 withParts(F16 sum, const float* parts, int64_t stride, int64_t count, int lanes) {
  for (int64_t p = 0; p < count; ++p) sum = add(sum, loadPart(parts + p * stride, lanes));
  return sum;
}

// out[i] = parts[0][i] + parts[1][i] + ...
void sumParts(const float* parts, int64_t stride, int64_t count, float* out, int64_t n) {
  eachPart(n, [&](int64_t i, int lanes) {
    const F16 first = loadPart(parts + i, lanes);
    storePart(out + i, withParts(first, parts + stride + i, stride, count - 1, lanes), lanes);
  });
}

// sums[i] = sums[i] + parts[0][i] + parts[1][i] + ...
void addParts(const float* parts, int64_t stride, int64_t count, float* sums, int64_t n) {
  eachPart(n, [&](int64_t i, int lanes) {
    storePart(sums + i, withParts(loadPart(sums + i, lanes), parts + i, stride, count, lanes), lanes);
  });
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
