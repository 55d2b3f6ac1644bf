// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011), eight counters at a time, one in each 64-bit lane: a product's lower half
// serves as it stands, since the next multiplication ignores what is above it. Element i takes word i % 4 of block i / 4, so the
// four vectors of words have to be interleaved; the counters are dealt to the lanes such that pairing words, then lanes, does it.

struct Words { I16 first, second; };

SIMD I16 word(uint32_t x) { return iset1(static_cast<int32_t>(x)); }

constexpr int philoxRounds = 10;

// What all groups of a call share: state = [seedLow, seedHigh, stream, call]. The keys of the rounds are spread over vectors once,
// which costs as much as all else of a round.
struct PhiloxKeys { I16 of[philoxRounds][2], stream, call; };

SIMD PhiloxKeys keysOf(const uint32_t* state) {
  PhiloxKeys keys;
  for (uint32_t round = 0; round < philoxRounds; round++) {
    keys.of[round][0] = word(state[0] + round * 0x9e3779b9u);
    keys.of[round][1] = word(state[1] + round * 0xbb67ae85u);
  }
  keys.stream = word(state[2]);
  keys.call = word(state[3]);
  return keys;
}

// The words of the elements [32 group, 32 group + 32), in order.
SIMD Words wordsOf(uint64_t group, const PhiloxKeys& keys) {
  static constexpr int32_t dealt[16] = {0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0};
  const uint64_t block = group * 8;
  I16 c0 = iadd(word(static_cast<uint32_t>(block)), iload(dealt)), c1 = word(static_cast<uint32_t>(block >> 32));
  I16 c2 = keys.stream, c3 = keys.call;
  for (int round = 0; round < philoxRounds; round++) {
    const I16 product0 = imulEven(c0, word(0xd2511f53u)), product1 = imulEven(c2, word(0xcd9e8d57u));
    c0 = ixor3(ihigh64(product1), c1, keys.of[round][0]);
    c1 = product1;
    c2 = ixor3(ihigh64(product0), c3, keys.of[round][1]);
    c3 = product0;
  }
  const I16 pair01 = ipair(c0, c1), pair23 = ipair(c2, c3);
  return {izipLow(pair01, pair23), izipHigh(pair01, pair23)};
}

// visit(i, words, n) for the n <= 16 elements from i on. `first` is a multiple of 32.
template <class Visit> SIMD void eachWord(uint64_t first, int64_t n, const uint32_t* state, Visit visit) {
  const PhiloxKeys keys = keysOf(state);
  uint64_t group = first / 32;
  int64_t i = 0;
  for (; i + 32 <= n; i += 32, group++) {
    const Words words = wordsOf(group, keys);
    visit(i, words.first, 16);
    visit(i + 16, words.second, 16);
  }
  const int rest = static_cast<int>(n - i);
  if (rest == 0) return;
  const Words words = wordsOf(group, keys);
  visit(i, words.first, rest < 16 ? rest : 16);
  if (rest > 16) visit(i + 16, words.second, rest - 16);
}

// y = kept ? x * scale : 0, kept where the word is at least the threshold. `first` is the index of x[0] in the whole array.
void dropout(const float* x, float* y, uint64_t first, int64_t n, uint32_t threshold, float scale, const uint32_t* state) {
  const I16 limit = word(threshold);
  const F16 by = set1(scale);
  eachWord(first, n, state, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const M16 kept = ige(words, limit);
    storeSome(y + i, pick(kept, mul(loadSome(x + i, part), by), zero()), part);
  });
}

// y = low + span (word >>> 8) / 2^24, rounded after the product and after the sum.
void uniform(float* y, uint64_t first, int64_t n, float low, float span, const uint32_t* state) {
  eachWord(first, n, state, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const F16 fraction = mul(toFloat(ishr<8>(words)), set1(0x1p-24f));
    storeSome(y + i, add(set1(low), mul(set1(span), fraction)), part);
  });
}
