// F16 as four registers of four lanes, in GCC's vector extensions: x86-64 with SSE2, or any other machine. There is no fused
// multiply-add here, so fma rounds twice; this is the one instruction set whose sums may differ from the others'.
typedef float F4 __attribute__((vector_size(16)));
typedef int32_t I4 __attribute__((vector_size(16)));
typedef uint32_t U4 __attribute__((vector_size(16)));
typedef uint64_t U2 __attribute__((vector_size(16)));
typedef double DoubleN __attribute__((vector_size(16)));
struct F16 { F4 v[4]; };
struct I16 { I4 v[4]; };
struct M16 { I4 v[4]; };

template <class R, class F> SIMD R eachQuad(F f) { return {{f(0), f(1), f(2), f(3)}}; }
#define QUADS(R, expression) eachQuad<R>([=](int i) __attribute__((always_inline)) { return expression; })

SIMD F4 loadQuad(const float* p) {
  F4 r;
  __builtin_memcpy(&r, p, sizeof r);
  return r;
}
SIMD F16 load(const float* p) { return QUADS(F16, loadQuad(p + 4 * i)); }
SIMD void store(float* p, F16 a) { __builtin_memcpy(p, &a, sizeof a); }
SIMD F16 loadPart(const float* p, int n) {
  float lanes[16] = {};
  for (int i = 0; i < n; i++) lanes[i] = p[i];
  return load(lanes);
}
SIMD void storePart(float* p, F16 a, int n) {
  float lanes[16];
  store(lanes, a);
  for (int i = 0; i < n; i++) p[i] = lanes[i];
}
SIMD F4 quadOf(float x) { return F4{x, x, x, x}; }
SIMD F16 set1(float x) { return QUADS(F16, ((void)i, quadOf(x))); }
SIMD F16 zero() { return set1(0.0f); }
SIMD I16 iset1(int32_t x) { return QUADS(I16, ((void)i, I4{x, x, x, x})); }

SIMD F16 add(F16 a, F16 b) { return QUADS(F16, a.v[i] + b.v[i]); }
SIMD F16 sub(F16 a, F16 b) { return QUADS(F16, a.v[i] - b.v[i]); }
SIMD F16 mul(F16 a, F16 b) { return QUADS(F16, a.v[i] * b.v[i]); }
SIMD F16 div(F16 a, F16 b) { return QUADS(F16, a.v[i] / b.v[i]); }
SIMD F16 fma(F16 a, F16 b, F16 c) { return QUADS(F16, a.v[i] * b.v[i] + c.v[i]); }
SIMD F4 pickQuad(I4 m, F4 a, F4 b) { return (F4)((m & (I4)a) | (~m & (I4)b)); }
SIMD F16 min(F16 a, F16 b) { return QUADS(F16, pickQuad(a.v[i] < b.v[i], a.v[i], b.v[i])); }
SIMD F16 max(F16 a, F16 b) { return QUADS(F16, pickQuad(a.v[i] > b.v[i], a.v[i], b.v[i])); }
SIMD F4 sqrtQuad(F4 a) {
#if defined(__SSE2__)
  return _mm_sqrt_ps(a);
#else
  return F4{__builtin_sqrtf(a[0]), __builtin_sqrtf(a[1]), __builtin_sqrtf(a[2]), __builtin_sqrtf(a[3])};
#endif
}
SIMD F16 sqrt(F16 a) { return QUADS(F16, sqrtQuad(a.v[i])); }
SIMD F16 abs(F16 a) { return QUADS(F16, (F4)((I4)a.v[i] & 0x7fffffff)); }
SIMD F16 neg(F16 a) { return QUADS(F16, -a.v[i]); }

// From 2^23 on every float is an integer already; below, adding and subtracting 2^23 rounds to the nearest even one. The sign is
// restored for the sake of -0.
SIMD F4 roundQuad(F4 a) {
  const I4 sign = (I4)a & (I4)quadOf(-0.0f);
  const F4 magnitude = (F4)((I4)a ^ sign), big = quadOf(8388608.0f);
  return pickQuad(magnitude < big, (F4)((I4)((magnitude + big) - big) | sign), a);
}
SIMD F4 floorQuad(F4 a) {
  const F4 r = roundQuad(a), one = quadOf(1.0f);
  return pickQuad(r > a, r - one, r);
}
SIMD F16 floor(F16 a) { return QUADS(F16, floorQuad(a.v[i])); }
SIMD F16 ceil(F16 a) { return QUADS(F16, -floorQuad(-a.v[i])); }
SIMD F16 round(F16 a) { return QUADS(F16, roundQuad(a.v[i])); }

SIMD M16 lt(F16 a, F16 b) { return QUADS(M16, a.v[i] < b.v[i]); }
SIMD M16 le(F16 a, F16 b) { return QUADS(M16, a.v[i] <= b.v[i]); }
SIMD M16 gt(F16 a, F16 b) { return QUADS(M16, a.v[i] > b.v[i]); }
SIMD M16 ge(F16 a, F16 b) { return QUADS(M16, a.v[i] >= b.v[i]); }
SIMD M16 eq(F16 a, F16 b) { return QUADS(M16, a.v[i] == b.v[i]); }
SIMD M16 ne(F16 a, F16 b) { return QUADS(M16, a.v[i] != b.v[i]); }
SIMD M16 isnan(F16 a) { return QUADS(M16, a.v[i] != a.v[i]); }
SIMD F16 pick(M16 m, F16 a, F16 b) { return QUADS(F16, pickQuad(m.v[i], a.v[i], b.v[i])); }
SIMD M16 both(M16 a, M16 b) { return QUADS(M16, a.v[i] & b.v[i]); }
SIMD M16 either(M16 a, M16 b) { return QUADS(M16, a.v[i] | b.v[i]); }
SIMD M16 inverse(M16 a) { return QUADS(M16, ~a.v[i]); }
SIMD bool any(M16 a) {
  const U2 all = (U2)(a.v[0] | a.v[1] | a.v[2] | a.v[3]);
  return (all[0] | all[1]) != 0;
}

SIMD I4 toIntQuad(F4 a) {
#if defined(__SSE2__)
  return (I4)_mm_cvtps_epi32(a);
#else
  return __builtin_convertvector(roundQuad(a), I4);
#endif
}
SIMD I16 toInt(F16 a) { return QUADS(I16, toIntQuad(a.v[i])); }
SIMD F16 toFloat(I16 a) { return QUADS(F16, __builtin_convertvector(a.v[i], F4)); }
SIMD I16 bits(F16 a) { return QUADS(I16, (I4)a.v[i]); }
SIMD F16 fromBits(I16 a) { return QUADS(F16, (F4)a.v[i]); }
SIMD I16 iload(const void* p) {
  I16 r;
  __builtin_memcpy(&r, p, sizeof r);
  return r;
}
SIMD void istore(void* p, I16 a) { __builtin_memcpy(p, &a, sizeof a); }
SIMD I16 iloadBytes(const uint8_t* p) { return QUADS(I16, (I4{p[4 * i], p[4 * i + 1], p[4 * i + 2], p[4 * i + 3]})); }
SIMD I16 iadd(I16 a, I16 b) { return QUADS(I16, (I4)((U4)a.v[i] + (U4)b.v[i])); }
SIMD I16 isub(I16 a, I16 b) { return QUADS(I16, (I4)((U4)a.v[i] - (U4)b.v[i])); }
SIMD I16 iand(I16 a, I16 b) { return QUADS(I16, a.v[i] & b.v[i]); }
SIMD I16 ior(I16 a, I16 b) { return QUADS(I16, a.v[i] | b.v[i]); }
SIMD I16 ixor(I16 a, I16 b) { return QUADS(I16, a.v[i] ^ b.v[i]); }
template <int n> SIMD I16 ishl(I16 a) { return QUADS(I16, (I4)((U4)a.v[i] << n)); }
template <int n> SIMD I16 ishr(I16 a) { return QUADS(I16, (I4)((U4)a.v[i] >> n)); }
SIMD I16 ixor3(I16 a, I16 b, I16 c) { return ixor(ixor(a, b), c); }
SIMD M16 ige(I16 a, I16 b) { return QUADS(M16, (I4)((U4)a.v[i] >= (U4)b.v[i])); }
SIMD I16 ipair(I16 a, I16 b) { return QUADS(I16, __builtin_shuffle(a.v[i], b.v[i], I4{0, 4, 2, 6})); }
SIMD I16 ihigh64(I16 a) { return QUADS(I16, (I4)((U2)a.v[i] >> 32)); }
SIMD I4 mulEvenQuad(I4 a, I4 b) {
#if defined(__SSE2__)
  return (I4)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (I4)(((U2)a & 0xffffffffu) * ((U2)b & 0xffffffffu));
#endif
}
SIMD I16 imulEven(I16 a, I16 b) { return QUADS(I16, mulEvenQuad(a.v[i], b.v[i])); }
SIMD I16 izipLow(I16 a, I16 b) { return QUADS(I16, __builtin_shuffle(a.v[i], b.v[i], I4{0, 1, 4, 5})); }
SIMD I16 izipHigh(I16 a, I16 b) { return QUADS(I16, __builtin_shuffle(a.v[i], b.v[i], I4{2, 3, 6, 7})); }

// 2^n is made of two factors, since n may lie outside the exponents of a float; the first product is exact, so the result is
// rounded once.
SIMD F16 scale(F16 a, F16 n) {
  const I16 half = toInt(mul(n, set1(0.5f)));
  const I16 rest = isub(toInt(n), half), bias = iset1(127);
  return mul(mul(a, fromBits(ishl<23>(iadd(half, bias)))), fromBits(ishl<23>(iadd(rest, bias))));
}

SIMD F16 loadQuads(const float* p0, const float* p1, const float* p2, const float* p3) {
  return {{loadQuad(p0), loadQuad(p1), loadQuad(p2), loadQuad(p3)}};
}
SIMD void transposeQuads(F16& a, F16& b, F16& c, F16& d) {
  for (int i = 0; i < 4; i++) {
    const F4 ab0 = __builtin_shuffle(a.v[i], b.v[i], I4{0, 4, 1, 5}), ab1 = __builtin_shuffle(a.v[i], b.v[i], I4{2, 6, 3, 7});
    const F4 cd0 = __builtin_shuffle(c.v[i], d.v[i], I4{0, 4, 1, 5}), cd1 = __builtin_shuffle(c.v[i], d.v[i], I4{2, 6, 3, 7});
    a.v[i] = __builtin_shuffle(ab0, cd0, I4{0, 1, 4, 5});
    b.v[i] = __builtin_shuffle(ab0, cd0, I4{2, 3, 6, 7});
    c.v[i] = __builtin_shuffle(ab1, cd1, I4{0, 1, 4, 5});
    d.v[i] = __builtin_shuffle(ab1, cd1, I4{2, 3, 6, 7});
  }
}

struct AddLanes { SIMD F4 of(F4 a, F4 b) { return a + b; } };
struct MaxLanes { SIMD F4 of(F4 a, F4 b) { return pickQuad(a > b, a, b); } };
struct MinLanes { SIMD F4 of(F4 a, F4 b) { return pickQuad(a < b, a, b); } };
template <class Op> SIMD float combineLanes(F16 a) {
  const F4 v4 = Op::of(Op::of(a.v[0], a.v[2]), Op::of(a.v[1], a.v[3]));
  const F4 v2 = Op::of(v4, __builtin_shuffle(v4, I4{2, 3, 0, 1}));
  return Op::of(v2, __builtin_shuffle(v2, I4{1, 0, 3, 2}))[0];
}
SIMD float sum(F16 a) { return combineLanes<AddLanes>(a); }
SIMD float maxOf(F16 a) { return combineLanes<MaxLanes>(a); }
SIMD float minOf(F16 a) { return combineLanes<MinLanes>(a); }
