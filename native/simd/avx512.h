// F16 as one zmm register, M16 as a mask register.
struct F16 { __m512 v; };
struct I16 { __m512i v; };
struct M16 { __mmask16 v; };
typedef double DoubleN __attribute__((vector_size(64)));

SIMD __mmask16 firstLanes(int n) { return static_cast<__mmask16>((1u << n) - 1); }

SIMD F16 load(const float* p) { return {_mm512_loadu_ps(p)}; }
SIMD void store(float* p, F16 a) { _mm512_storeu_ps(p, a.v); }
SIMD F16 loadPart(const float* p, int n) { return {_mm512_maskz_loadu_ps(firstLanes(n), p)}; }
SIMD void storePart(float* p, F16 a, int n) { _mm512_mask_storeu_ps(p, firstLanes(n), a.v); }
SIMD F16 set1(float x) { return {_mm512_set1_ps(x)}; }
SIMD F16 zero() { return {_mm512_setzero_ps()}; }

SIMD F16 add(F16 a, F16 b) { return {_mm512_add_ps(a.v, b.v)}; }
SIMD F16 sub(F16 a, F16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
SIMD F16 mul(F16 a, F16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
SIMD F16 div(F16 a, F16 b) { return {_mm512_div_ps(a.v, b.v)}; }
SIMD F16 fma(F16 a, F16 b, F16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
SIMD F16 min(F16 a, F16 b) { return {_mm512_min_ps(a.v, b.v)}; }
SIMD F16 max(F16 a, F16 b) { return {_mm512_max_ps(a.v, b.v)}; }
SIMD F16 sqrt(F16 a) { return {_mm512_sqrt_ps(a.v)}; }
SIMD F16 abs(F16 a) { return {_mm512_abs_ps(a.v)}; }
SIMD F16 neg(F16 a) { return {-a.v}; }
SIMD F16 floor(F16 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC)}; }
SIMD F16 ceil(F16 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_POS_INF | _MM_FROUND_NO_EXC)}; }
SIMD F16 round(F16 a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
SIMD F16 scale(F16 a, F16 n) { return {_mm512_scalef_ps(a.v, n.v)}; }

SIMD M16 lt(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
SIMD M16 le(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LE_OQ)}; }
SIMD M16 gt(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ)}; }
SIMD M16 ge(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_GE_OQ)}; }
SIMD M16 eq(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ)}; }
SIMD M16 ne(F16 a, F16 b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_NEQ_UQ)}; }
SIMD M16 isnan(F16 a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
SIMD F16 pick(M16 m, F16 a, F16 b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }
SIMD M16 both(M16 a, M16 b) { return {static_cast<__mmask16>(a.v & b.v)}; }
SIMD M16 either(M16 a, M16 b) { return {static_cast<__mmask16>(a.v | b.v)}; }
SIMD M16 inverse(M16 a) { return {static_cast<__mmask16>(~a.v)}; }
SIMD bool any(M16 a) { return a.v != 0; }

SIMD I16 toInt(F16 a) { return {_mm512_cvtps_epi32(a.v)}; }
SIMD F16 toFloat(I16 a) { return {_mm512_cvtepi32_ps(a.v)}; }
SIMD I16 bits(F16 a) { return {_mm512_castps_si512(a.v)}; }
SIMD F16 fromBits(I16 a) { return {_mm512_castsi512_ps(a.v)}; }
SIMD I16 iset1(int32_t x) { return {_mm512_set1_epi32(x)}; }
SIMD I16 iload(const void* p) { return {_mm512_loadu_si512(p)}; }
SIMD void istore(void* p, I16 a) { _mm512_storeu_si512(p, a.v); }
SIMD I16 iloadBytes(const uint8_t* p) { return {_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))}; }
SIMD I16 iadd(I16 a, I16 b) { return {_mm512_add_epi32(a.v, b.v)}; }
SIMD I16 isub(I16 a, I16 b) { return {_mm512_sub_epi32(a.v, b.v)}; }
SIMD I16 iand(I16 a, I16 b) { return {_mm512_and_si512(a.v, b.v)}; }
SIMD I16 ior(I16 a, I16 b) { return {_mm512_or_si512(a.v, b.v)}; }
SIMD I16 ixor(I16 a, I16 b) { return {_mm512_xor_si512(a.v, b.v)}; }
template <int n> SIMD I16 ishl(I16 a) { return {_mm512_slli_epi32(a.v, n)}; }
template <int n> SIMD I16 ishr(I16 a) { return {_mm512_srli_epi32(a.v, n)}; }
SIMD I16 ixor3(I16 a, I16 b, I16 c) { return {_mm512_ternarylogic_epi32(a.v, b.v, c.v, 0x96)}; }
SIMD M16 ige(I16 a, I16 b) { return {_mm512_cmpge_epu32_mask(a.v, b.v)}; }
SIMD I16 ipair(I16 a, I16 b) { return {_mm512_mask_shuffle_epi32(a.v, 0xaaaa, b.v, _MM_PERM_CCAA)}; }
SIMD I16 ihigh64(I16 a) { return {_mm512_shuffle_epi32(a.v, _MM_PERM_DDBB)}; }
SIMD I16 imulEven(I16 a, I16 b) { return {_mm512_mul_epu32(a.v, b.v)}; }
SIMD I16 izipLow(I16 a, I16 b) { return {_mm512_unpacklo_epi64(a.v, b.v)}; }
SIMD I16 izipHigh(I16 a, I16 b) { return {_mm512_unpackhi_epi64(a.v, b.v)}; }

SIMD F16 loadQuads(const float* p0, const float* p1, const float* p2, const float* p3) {
  __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p0));
  v = _mm512_mask_broadcast_f32x4(v, 0x00f0, _mm_loadu_ps(p1));
  v = _mm512_mask_broadcast_f32x4(v, 0x0f00, _mm_loadu_ps(p2));
  return {_mm512_mask_broadcast_f32x4(v, 0xf000, _mm_loadu_ps(p3))};
}
SIMD void transposeQuads(F16& a, F16& b, F16& c, F16& d) {
  const __m512d ab0 = _mm512_castps_pd(_mm512_unpacklo_ps(a.v, b.v)), ab1 = _mm512_castps_pd(_mm512_unpackhi_ps(a.v, b.v));
  const __m512d cd0 = _mm512_castps_pd(_mm512_unpacklo_ps(c.v, d.v)), cd1 = _mm512_castps_pd(_mm512_unpackhi_ps(c.v, d.v));
  a.v = _mm512_castpd_ps(_mm512_unpacklo_pd(ab0, cd0));
  b.v = _mm512_castpd_ps(_mm512_unpackhi_pd(ab0, cd0));
  c.v = _mm512_castpd_ps(_mm512_unpacklo_pd(ab1, cd1));
  d.v = _mm512_castpd_ps(_mm512_unpackhi_pd(ab1, cd1));
}

struct AddLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_add_ps(a, b); } };
struct MaxLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_max_ps(a, b); } };
struct MinLanes { SIMD __m256 of(__m256 a, __m256 b) { return _mm256_min_ps(a, b); } };
template <class Op> SIMD float combineLanes(F16 a) {
  const __m256 v8 = Op::of(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  const __m256 v4 = Op::of(v8, _mm256_permute2f128_ps(v8, v8, 1));
  const __m256 v2 = Op::of(v4, _mm256_permute_ps(v4, 0x4e));
  return _mm256_cvtss_f32(Op::of(v2, _mm256_permute_ps(v2, 0xb1)));
}
SIMD float sum(F16 a) { return combineLanes<AddLanes>(a); }
SIMD float maxOf(F16 a) { return combineLanes<MaxLanes>(a); }
SIMD float minOf(F16 a) { return combineLanes<MinLanes>(a); }
