// F16 as two ymm registers; a mask is a pair of registers with all bits of a lane set or clear.
struct F16 { __m256 lo, hi; };
struct I16 { __m256i lo, hi; };
struct M16 { __m256 lo, hi; };
typedef double DoubleN __attribute__((vector_size(32)));

SIMD I16 firstLanes(int n) {
  const __m256i count = _mm256_set1_epi32(n);
  return {_mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)),
          _mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15))};
}

SIMD F16 load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
SIMD void store(float* p, F16 a) {
  _mm256_storeu_ps(p, a.lo);
  _mm256_storeu_ps(p + 8, a.hi);
}
SIMD F16 loadPart(const float* p, int n) {
  const I16 m = firstLanes(n);
  return {_mm256_maskload_ps(p, m.lo), _mm256_maskload_ps(p + 8, m.hi)};
}
SIMD void storePart(float* p, F16 a, int n) {
  const I16 m = firstLanes(n);
  _mm256_maskstore_ps(p, m.lo, a.lo);
  _mm256_maskstore_ps(p + 8, m.hi, a.hi);
}
SIMD F16 set1(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
SIMD F16 zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }

SIMD F16 add(F16 a, F16 b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
SIMD F16 sub(F16 a, F16 b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
SIMD F16 mul(F16 a, F16 b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
SIMD F16 div(F16 a, F16 b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
SIMD F16 fma(F16 a, F16 b, F16 c) { return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)}; }
SIMD F16 min(F16 a, F16 b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
SIMD F16 max(F16 a, F16 b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
SIMD F16 sqrt(F16 a) { return {_mm256_sqrt_ps(a.lo), _mm256_sqrt_ps(a.hi)}; }
SIMD F16 abs(F16 a) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
}
SIMD F16 neg(F16 a) { return {-a.lo, -a.hi}; }
SIMD F16 floor(F16 a) { return {_mm256_floor_ps(a.lo), _mm256_floor_ps(a.hi)}; }
SIMD F16 ceil(F16 a) { return {_mm256_ceil_ps(a.lo), _mm256_ceil_ps(a.hi)}; }
SIMD F16 round(F16 a) {
  constexpr int nearest = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(a.lo, nearest), _mm256_round_ps(a.hi, nearest)};
}

template <int op> SIMD M16 compareLanes(F16 a, F16 b) { return {_mm256_cmp_ps(a.lo, b.lo, op), _mm256_cmp_ps(a.hi, b.hi, op)}; }
SIMD M16 lt(F16 a, F16 b) { return compareLanes<_CMP_LT_OQ>(a, b); }
SIMD M16 le(F16 a, F16 b) { return compareLanes<_CMP_LE_OQ>(a, b); }
SIMD M16 gt(F16 a, F16 b) { return compareLanes<_CMP_GT_OQ>(a, b); }
SIMD M16 ge(F16 a, F16 b) { return compareLanes<_CMP_GE_OQ>(a, b); }
SIMD M16 eq(F16 a, F16 b) { return compareLanes<_CMP_EQ_OQ>(a, b); }
SIMD M16 ne(F16 a, F16 b) { return compareLanes<_CMP_NEQ_UQ>(a, b); }
SIMD M16 isnan(F16 a) { return compareLanes<_CMP_UNORD_Q>(a, a); }
SIMD F16 pick(M16 m, F16 a, F16 b) { return {_mm256_blendv_ps(b.lo, a.lo, m.lo), _mm256_blendv_ps(b.hi, a.hi, m.hi)}; }
SIMD M16 both(M16 a, M16 b) { return {_mm256_and_ps(a.lo, b.lo), _mm256_and_ps(a.hi, b.hi)}; }
SIMD M16 either(M16 a, M16 b) { return {_mm256_or_ps(a.lo, b.lo), _mm256_or_ps(a.hi, b.hi)}; }
SIMD M16 inverse(M16 a) {
  const __m256 all = _mm256_castsi256_ps(_mm256_set1_epi32(-1));
  return {_mm256_xor_ps(a.lo, all), _mm256_xor_ps(a.hi, all)};
}
SIMD bool any(M16 a) { return _mm256_movemask_ps(_mm256_or_ps(a.lo, a.hi)) != 0; }

SIMD I16 toInt(F16 a) { return {_mm256_cvtps_epi32(a.lo), _mm256_cvtps_epi32(a.hi)}; }
SIMD F16 toFloat(I16 a) { return {_mm256_cvtepi32_ps(a.lo), _mm256_cvtepi32_ps(a.hi)}; }
SIMD I16 bits(F16 a) { return {_mm256_castps_si256(a.lo), _mm256_castps_si256(a.hi)}; }
SIMD F16 fromBits(I16 a) { return {_mm256_castsi256_ps(a.lo), _mm256_castsi256_ps(a.hi)}; }
SIMD I16 iset1(int32_t x) { return {_mm256_set1_epi32(x), _mm256_set1_epi32(x)}; }
SIMD I16 iload(const void* p) {
  const __m256i* q = static_cast<const __m256i*>(p);
  return {_mm256_loadu_si256(q), _mm256_loadu_si256(q + 1)};
}
SIMD void istore(void* p, I16 a) {
  __m256i* q = static_cast<__m256i*>(p);
  _mm256_storeu_si256(q, a.lo);
  _mm256_storeu_si256(q + 1, a.hi);
}
SIMD I16 iloadBytes(const uint8_t* p) {
  const __m128i all = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_cvtepu8_epi32(all), _mm256_cvtepu8_epi32(_mm_srli_si128(all, 8))};
}
SIMD I16 iadd(I16 a, I16 b) { return {_mm256_add_epi32(a.lo, b.lo), _mm256_add_epi32(a.hi, b.hi)}; }
SIMD I16 isub(I16 a, I16 b) { return {_mm256_sub_epi32(a.lo, b.lo), _mm256_sub_epi32(a.hi, b.hi)}; }
SIMD I16 iand(I16 a, I16 b) { return {_mm256_and_si256(a.lo, b.lo), _mm256_and_si256(a.hi, b.hi)}; }
SIMD I16 ior(I16 a, I16 b) { return {_mm256_or_si256(a.lo, b.lo), _mm256_or_si256(a.hi, b.hi)}; }
SIMD I16 ixor(I16 a, I16 b) { return {_mm256_xor_si256(a.lo, b.lo), _mm256_xor_si256(a.hi, b.hi)}; }
template <int n> SIMD I16 ishl(I16 a) { return {_mm256_slli_epi32(a.lo, n), _mm256_slli_epi32(a.hi, n)}; }
template <int n> SIMD I16 ishr(I16 a) { return {_mm256_srli_epi32(a.lo, n), _mm256_srli_epi32(a.hi, n)}; }
SIMD I16 ixor3(I16 a, I16 b, I16 c) { return ixor(ixor(a, b), c); }
SIMD __m256 igeHalf(__m256i a, __m256i b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a)); }
SIMD M16 ige(I16 a, I16 b) { return {igeHalf(a.lo, b.lo), igeHalf(a.hi, b.hi)}; }
SIMD __m256i ipairHalf(__m256i a, __m256i b) { return _mm256_blend_epi32(a, _mm256_shuffle_epi32(b, 0xa0), 0xaa); }
SIMD I16 ipair(I16 a, I16 b) { return {ipairHalf(a.lo, b.lo), ipairHalf(a.hi, b.hi)}; }
SIMD I16 ihigh64(I16 a) { return {_mm256_shuffle_epi32(a.lo, 0xf5), _mm256_shuffle_epi32(a.hi, 0xf5)}; }
SIMD I16 imulEven(I16 a, I16 b) { return {_mm256_mul_epu32(a.lo, b.lo), _mm256_mul_epu32(a.hi, b.hi)}; }
SIMD I16 izipLow(I16 a, I16 b) { return {_mm256_unpacklo_epi64(a.lo, b.lo), _mm256_unpacklo_epi64(a.hi, b.hi)}; }
SIMD I16 izipHigh(I16 a, I16 b) { return {_mm256_unpackhi_epi64(a.lo, b.lo), _mm256_unpackhi_epi64(a.hi, b.hi)}; }

// 2^n is made of two factors, since n may lie outside the exponents of a float; the first product is exact, so the result is
// rounded once.
SIMD F16 scale(F16 a, F16 n) {
  const I16 half = toInt(mul(n, set1(0.5f)));
  const I16 rest = isub(toInt(n), half), bias = iset1(127);
  return mul(mul(a, fromBits(ishl<23>(iadd(half, bias)))), fromBits(ishl<23>(iadd(rest, bias))));
}

SIMD F16 loadQuads(const float* p0, const float* p1, const float* p2, const float* p3) {
  return {_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p0)), _mm_loadu_ps(p1), 1),
          _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p2)), _mm_loadu_ps(p3), 1)};
}
SIMD void transposeQuadsHalf(__m256& a, __m256& b, __m256& c, __m256& d) {
  const __m256d ab0 = _mm256_castps_pd(_mm256_unpacklo_ps(a, b)), ab1 = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
  const __m256d cd0 = _mm256_castps_pd(_mm256_unpacklo_ps(c, d)), cd1 = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
  a = _mm256_castpd_ps(_mm256_unpacklo_pd(ab0, cd0));
  b = _mm256_castpd_ps(_mm256_unpackhi_pd(ab0, cd0));
  c = _mm256_castpd_ps(_mm256_unpacklo_pd(ab1, cd1));
  d = _mm256_castpd_ps(_mm256_unpackhi_pd(ab1, cd1));
}
SIMD void transposeQuads(F16& a, F16& b, F16& c, F16& d) {
  transposeQuadsHalf(a.lo, b.lo, c.lo, d.lo);
  transposeQuadsHalf(a.hi, b.hi, c.hi, d.hi);
}

struct AddLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_add_ps(a, b); } };
struct MaxLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_max_ps(a, b); } };
struct MinLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_min_ps(a, b); } };
template <class Op> SIMD float combineLanes(F16 a) {
  const __m256 v8 = Op::of(a.lo, a.hi);
  const __m256 v4 = Op::of(v8, _mm256_permute2f128_ps(v8, v8, 1));
  const __m256 v2 = Op::of(v4, _mm256_permute_ps(v4, 0x4e));
  return _mm256_cvtss_f32(Op::of(v2, _mm256_permute_ps(v2, 0xb1)));
}
SIMD float sum(F16 a) { return combineLanes<AddLanes>(a); }
SIMD float maxOf(F16 a) { return combineLanes<MaxLanes>(a); }
SIMD float minOf(F16 a) { return combineLanes<MinLanes>(a); }
