// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011), sixteen counters at a time. Element i takes word i % 4 of block i / 4, so
// four vectors of words have to be interleaved; the counters are dealt to the lanes such that a transpose in groups of four lanes
// does it: lane 4 l + k counts block 4 k + l.

struct PhiloxState { uint32_t key[2], stream, call; };
struct Words { I16 w[4]; };

SIMD Words philox(I16 c0, I16 c1, I16 c2, I16 c3, uint32_t key0, uint32_t key1) {
  const I16 m0 = iset1(static_cast<int32_t>(0xd2511f53u)), m1 = iset1(static_cast<int32_t>(0xcd9e8d57u));
  for (int round = 0; round < 10; round++) {
    I16 high0, low0, high1, low1;
    imulWide(c0, m0, high0, low0);
    imulWide(c2, m1, high1, low1);
    c0 = ixor(ixor(high1, c1), iset1(static_cast<int32_t>(key0)));
    c1 = low1;
    c2 = ixor(ixor(high0, c3), iset1(static_cast<int32_t>(key1)));
    c3 = low0;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  return {{c0, c1, c2, c3}};
}

// The words of the elements [64 group, 64 group + 64), in order.
SIMD Words wordsOf(uint64_t group, const PhiloxState& s) {
  static constexpr int32_t dealt[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const uint64_t block = group * 16;
  const I16 low = iadd(iset1(static_cast<int32_t>(static_cast<uint32_t>(block))), iload(dealt));
  const I16 high = iset1(static_cast<int32_t>(block >> 32));
  const Words words = philox(low, high, iset1(static_cast<int32_t>(s.stream)), iset1(static_cast<int32_t>(s.call)), s.key[0], s.key[1]);
  F16 v[4];
  for (int i = 0; i < 4; i++) v[i] = fromBits(words.w[i]);
  transposeQuads(v[0], v[1], v[2], v[3]);
  return {{bits(v[0]), bits(v[1]), bits(v[2]), bits(v[3])}};
}

// visit(i, words, n) for the n <= 16 elements from i on. `first` and the starts of all chunks are multiples of 64.
template <class Visit> SIMD void eachWord(uint64_t first, int64_t n, const PhiloxState& s, Visit visit) {
  for (int64_t i = 0; i < n; i += 64) {
    const Words words = wordsOf((first + static_cast<uint64_t>(i)) / 64, s);
    for (int j = 0; j < 4; j++) {
      const int64_t left = n - i - 16 * j;
      if (left > 0) visit(i + 16 * j, words.w[j], left < 16 ? static_cast<int>(left) : 16);
    }
  }
}

// y = kept ? x / divisor : 0, kept where the word is at least the threshold. `first` is the index of x[0] in the whole array.
void dropout(const float* x, float* y, uint64_t first, int64_t n, uint32_t threshold, float divisor, const uint32_t* state) {
  // Unsigned words are compared as floats by halves: first the upper 16 bits, then the lower ones.
  const F16 highLimit = set1(static_cast<float>(threshold >> 16)), lowLimit = set1(static_cast<float>(threshold & 0xffff));
  const F16 by = set1(divisor);
  eachWord(first, n, {{state[0], state[1]}, state[2], state[3]}, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const F16 high = toFloat(ishr<16>(words)), low = toFloat(iand(words, iset1(0xffff)));
    const M16 kept = either(gt(high, highLimit), both(eq(high, highLimit), ge(low, lowLimit)));
    storeSome(y + i, pick(kept, div(loadSome(x + i, part), by), zero()), part);
  });
}

// y = low + span (word >>> 8) / 2^24, rounded after the product and after the sum.
void uniform(float* y, uint64_t first, int64_t n, float low, float span, const uint32_t* state) {
  eachWord(first, n, {{state[0], state[1]}, state[2], state[3]}, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const F16 fraction = mul(toFloat(ishr<8>(words)), set1(0x1p-24f));
    storeSome(y + i, add(set1(low), mul(set1(span), fraction)), part);
  });
}
