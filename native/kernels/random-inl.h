// Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011), eight counters at a time, one in each 64-bit lane: a product's lower half
// serves as it stands, since the next multiplication ignores what is above it. Element i takes word i % 4 of block i / 4, so the
// four vectors of words have to be interleaved; the counters are dealt to the lanes such that pairing words, then lanes, does it.

struct Words { I16 first, second; };

SIMD I16 word(uint32_t x) { return iset1(static_cast<int32_t>(x)); }

// The words of the elements [32 group, 32 group + 32), in order; state = [seedLow, seedHigh, stream, call].
SIMD Words wordsOf(uint64_t group, const uint32_t* state) {
  static constexpr int32_t dealt[16] = {0, 0, 4, 0, 1, 0, 5, 0, 2, 0, 6, 0, 3, 0, 7, 0};
  const uint64_t block = group * 8;
  I16 c0 = iadd(word(static_cast<uint32_t>(block)), iload(dealt)), c1 = word(static_cast<uint32_t>(block >> 32));
  I16 c2 = word(state[2]), c3 = word(state[3]);
  uint32_t key0 = state[0], key1 = state[1];
  for (int round = 0; round < 10; round++) {
    const I16 product0 = imulEven(c0, word(0xd2511f53u)), product1 = imulEven(c2, word(0xcd9e8d57u));
    c0 = ixor3(ihigh64(product1), c1, word(key0));
    c1 = product1;
    c2 = ixor3(ihigh64(product0), c3, word(key1));
    c3 = product0;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  const I16 pair01 = ior(ishr64<32>(ishl64<32>(c0)), ishl64<32>(c1)), pair23 = ior(ishr64<32>(ishl64<32>(c2)), ishl64<32>(c3));
  return {izipLow(pair01, pair23), izipHigh(pair01, pair23)};
}

// visit(i, words, n) for the n <= 16 elements from i on. `first` is a multiple of 32.
template <class Visit> SIMD void eachWord(uint64_t first, int64_t n, const uint32_t* state, Visit visit) {
  uint64_t group = first / 32;
  int64_t i = 0;
  for (; i + 32 <= n; i += 32, group++) {
    const Words words = wordsOf(group, state);
    visit(i, words.first, 16);
    visit(i + 16, words.second, 16);
  }
  const int rest = static_cast<int>(n - i);
  if (rest == 0) return;
  const Words words = wordsOf(group, state);
  visit(i, words.first, rest < 16 ? rest : 16);
  if (rest > 16) visit(i + 16, words.second, rest - 16);
}

// y = kept ? x / divisor : 0, kept where the word is at least the threshold. `first` is the index of x[0] in the whole array.
void dropout(const float* x, float* y, uint64_t first, int64_t n, uint32_t threshold, float divisor, const uint32_t* state) {
  // With the highest bit turned, unsigned words are in the order of signed ones.
  const I16 turn = word(0x80000000u), limit = ixor(word(threshold), turn);
  const F16 by = set1(divisor);
  eachWord(first, n, state, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const M16 dropped = ilt(ixor(words, turn), limit);
    storeSome(y + i, pick(dropped, zero(), div(loadSome(x + i, part), by)), part);
  });
}

// y = low + span (word >>> 8) / 2^24, rounded after the product and after the sum.
void uniform(float* y, uint64_t first, int64_t n, float low, float span, const uint32_t* state) {
  eachWord(first, n, state, [=](int64_t i, I16 words, int part) __attribute__((always_inline)) {
    const F16 fraction = mul(toFloat(ishr<8>(words)), set1(0x1p-24f));
    storeSome(y + i, add(set1(low), mul(set1(span), fraction)), part);
  });
}
