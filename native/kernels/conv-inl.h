// out[i] = parts[0][i] + parts[1][i] + ..., added in that order: what the chunks of a long sum have gathered.
void sumParts(const float* parts, int64_t stride, int64_t count, float* out, int64_t n) {
  for (int64_t i = 0; i < n; i += 16) {
    const int lanes = n - i < 16 ? int(n - i) : 16;
    F16 sum = loadPart(parts + i, lanes);
    for (int64_t p = 1; p < count; ++p) sum = add(sum, loadPart(parts + p * stride + i, lanes));
    storePart(out + i, sum, lanes);
  }
}
