// Resampling, one axis after the other. resampleRows combines rows of the input, each contiguous, into one; resampleColumns then
// combines the cells of that row into outputs. Where few cells meet in an output, it combines the rows as it goes, which saves the
// way through memory. Taps are added in the order of their list, by fused multiply-adds: rows first on both ways, to the same bits.

// s / d rounded as a division rounds it, from r = 1/d: the remainder s - q d is exact (Markstein 1990). What is not finite has none.
SIMD F16 quotient(F16 s, F16 d, F16 r) {
  const F16 q = mul(s, r);
  const F16 rest = fma(neg(q), d, s);
  return pick(eq(rest, rest), fma(rest, r, q), q);
}

// The sum of weights[k] * x[offsets[k]].
SIMD F16 combined(const float* x, const int64_t* offsets, const float* weights, int64_t count, int lanes) {
  F16 total = mul(loadSome(x + offsets[0], lanes), set1(weights[0]));
  for (int64_t k = 1; k < count; ++k) total = fma(loadSome(x + offsets[k], lanes), set1(weights[k]), total);
  return total;
}

template <int vectors>
SIMD void combineRows(const float* x, const int64_t* offsets, const float* weights, int64_t count, bool first, float* y, int lanes) {
  F16 total[vectors];
  for (int v = 0; v < vectors; ++v) {
    total[v] = first ? mul(loadSome(x + offsets[0] + 16 * v, lanes), set1(weights[0])) : loadSome(y + 16 * v, lanes);
  }
  for (int64_t k = first; k < count; ++k) {
    const F16 weight = set1(weights[k]);
    for (int v = 0; v < vectors; ++v) total[v] = fma(loadSome(x + offsets[k] + 16 * v, lanes), weight, total[v]);
  }
  for (int v = 0; v < vectors; ++v) storeSome(y + 16 * v, total[v], lanes);
}

// y[i] = sum of weights[k] * x[offsets[k] + i] for i in [0, n), on top of y unless these rows are the first; count is at least 1.
void resampleRows(const float* x, const int64_t* offsets, const float* weights, int64_t count, bool first, float* y, int64_t n) {
  int64_t i = 0;
  for (; i + 64 <= n; i += 64) combineRows<4>(x + i, offsets, weights, count, first, y + i, 16);
  for (; i + 16 <= n; i += 16) combineRows<1>(x + i, offsets, weights, count, first, y + i, 16);
  if (i < n) combineRows<1>(x + i, offsets, weights, count, first, y + i, int(n - i));
}

template <int n> struct Count { static constexpr int value = n; };

// Calls visit(vectors, channel, lanes) for the channels of a pixel.
template <class Visit> SIMD void eachChannelGroup(int64_t channels, Visit visit) {
  int64_t channel = 0;
  for (; channel + 64 <= channels; channel += 64) visit(Count<4>{}, channel, 16);
  for (; channel + 16 <= channels; channel += 16) visit(Count<1>{}, channel, 16);
  if (channel < channels) visit(Count<1>{}, channel, int(channels - channel));
}

template <bool several> SIMD void combineColumns(const ResampleRow& job, float* y) {
  for (int64_t i = 0; i < job.outputs; ++i) {
    const int32_t first = job.starts[i], end = job.starts[i + 1];
    const float divisor = job.divisor * job.divisors[i];
    const bool whole = divisor == 1.0f;
    const F16 d = set1(divisor), r = set1(1.0f / divisor);
    eachChannelGroup(job.channels, [&](auto size, int64_t channel, int lanes) __attribute__((always_inline)) {
      constexpr int vectors = decltype(size)::value;
      F16 total[vectors];
      for (int v = 0; v < vectors; ++v) total[v] = zero();
      for (int32_t k = first; k < end; ++k) {
        const float* from = job.row + job.cells[k] * job.stride + channel;
        const F16 weight = set1(job.weights[k]);
        for (int v = 0; v < vectors; ++v) {
          const F16 cell = several ? combined(from + 16 * v, job.offsets, job.rowWeights, job.rows, lanes) : loadSome(from + 16 * v, lanes);
          total[v] = fma(cell, weight, total[v]);
        }
      }
      float* to = y + i * job.pixel + channel;
      for (int v = 0; v < vectors; ++v) storeSome(to + 16 * v, whole ? total[v] : quotient(total[v], d, r), lanes);
    });
  }
}

void resampleColumns(const ResampleRow& job, float* y) {
  if (job.rows > 1)
    combineColumns<true>(job, y);
  else
    combineColumns<false>(job, y);
}
