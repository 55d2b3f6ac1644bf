// F16 as four 128-bit registers of AArch64.
struct F16 { float32x4_t v[4]; };
struct I16 { uint32x4_t v[4]; };
struct M16 { uint32x4_t v[4]; };
typedef double DoubleN __attribute__((vector_size(16)));

template <class R, class F> SIMD R eachQuad(F f) { return {{f(0), f(1), f(2), f(3)}}; }
#define QUADS(R, expression) eachQuad<R>([=](int i) __attribute__((always_inline)) { return expression; })

SIMD F16 load(const float* p) { return QUADS(F16, vld1q_f32(p + 4 * i)); }
SIMD void store(float* p, F16 a) {
  for (int i = 0; i < 4; i++) vst1q_f32(p + 4 * i, a.v[i]);
}
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
SIMD F16 set1(float x) { return QUADS(F16, ((void)i, vdupq_n_f32(x))); }
SIMD F16 zero() { return set1(0.0f); }

SIMD F16 add(F16 a, F16 b) { return QUADS(F16, vaddq_f32(a.v[i], b.v[i])); }
SIMD F16 sub(F16 a, F16 b) { return QUADS(F16, vsubq_f32(a.v[i], b.v[i])); }
SIMD F16 mul(F16 a, F16 b) { return QUADS(F16, vmulq_f32(a.v[i], b.v[i])); }
SIMD F16 div(F16 a, F16 b) { return QUADS(F16, vdivq_f32(a.v[i], b.v[i])); }
SIMD F16 fma(F16 a, F16 b, F16 c) { return QUADS(F16, vfmaq_f32(c.v[i], a.v[i], b.v[i])); }
// vminq and vmaxq would return the NaN whichever side it stands on.
SIMD F16 min(F16 a, F16 b) { return QUADS(F16, vbslq_f32(vcltq_f32(a.v[i], b.v[i]), a.v[i], b.v[i])); }
SIMD F16 max(F16 a, F16 b) { return QUADS(F16, vbslq_f32(vcgtq_f32(a.v[i], b.v[i]), a.v[i], b.v[i])); }
SIMD F16 sqrt(F16 a) { return QUADS(F16, vsqrtq_f32(a.v[i])); }
SIMD F16 abs(F16 a) { return QUADS(F16, vabsq_f32(a.v[i])); }
SIMD F16 neg(F16 a) { return QUADS(F16, vnegq_f32(a.v[i])); }
SIMD F16 floor(F16 a) { return QUADS(F16, vrndmq_f32(a.v[i])); }
SIMD F16 ceil(F16 a) { return QUADS(F16, vrndpq_f32(a.v[i])); }
SIMD F16 round(F16 a) { return QUADS(F16, vrndnq_f32(a.v[i])); }

SIMD M16 lt(F16 a, F16 b) { return QUADS(M16, vcltq_f32(a.v[i], b.v[i])); }
SIMD M16 le(F16 a, F16 b) { return QUADS(M16, vcleq_f32(a.v[i], b.v[i])); }
SIMD M16 gt(F16 a, F16 b) { return QUADS(M16, vcgtq_f32(a.v[i], b.v[i])); }
SIMD M16 ge(F16 a, F16 b) { return QUADS(M16, vcgeq_f32(a.v[i], b.v[i])); }
SIMD M16 eq(F16 a, F16 b) { return QUADS(M16, vceqq_f32(a.v[i], b.v[i])); }
SIMD M16 ne(F16 a, F16 b) { return QUADS(M16, vmvnq_u32(vceqq_f32(a.v[i], b.v[i]))); }
SIMD M16 isnan(F16 a) { return ne(a, a); }
SIMD F16 pick(M16 m, F16 a, F16 b) { return QUADS(F16, vbslq_f32(m.v[i], a.v[i], b.v[i])); }
SIMD M16 both(M16 a, M16 b) { return QUADS(M16, vandq_u32(a.v[i], b.v[i])); }
SIMD M16 either(M16 a, M16 b) { return QUADS(M16, vorrq_u32(a.v[i], b.v[i])); }
SIMD M16 inverse(M16 a) { return QUADS(M16, vmvnq_u32(a.v[i])); }
SIMD bool any(M16 a) { return vmaxvq_u32(vorrq_u32(vorrq_u32(a.v[0], a.v[1]), vorrq_u32(a.v[2], a.v[3]))) != 0; }

SIMD I16 toInt(F16 a) { return QUADS(I16, vreinterpretq_u32_s32(vcvtnq_s32_f32(a.v[i]))); }
SIMD F16 toFloat(I16 a) { return QUADS(F16, vcvtq_f32_s32(vreinterpretq_s32_u32(a.v[i]))); }
SIMD I16 bits(F16 a) { return QUADS(I16, vreinterpretq_u32_f32(a.v[i])); }
SIMD F16 fromBits(I16 a) { return QUADS(F16, vreinterpretq_f32_u32(a.v[i])); }
SIMD I16 iset1(int32_t x) { return QUADS(I16, ((void)i, vdupq_n_u32(static_cast<uint32_t>(x)))); }
SIMD I16 iload(const void* p) { return QUADS(I16, vld1q_u32(static_cast<const uint32_t*>(p) + 4 * i)); }
SIMD void istore(void* p, I16 a) {
  for (int i = 0; i < 4; i++) vst1q_u32(static_cast<uint32_t*>(p) + 4 * i, a.v[i]);
}
SIMD I16 iloadBytes(const uint8_t* p) {
  const uint8x16_t all = vld1q_u8(p);
  const uint16x8_t low = vmovl_u8(vget_low_u8(all)), high = vmovl_u8(vget_high_u8(all));
  return {{vmovl_u16(vget_low_u16(low)), vmovl_u16(vget_high_u16(low)), vmovl_u16(vget_low_u16(high)),
           vmovl_u16(vget_high_u16(high))}};
}
SIMD I16 iadd(I16 a, I16 b) { return QUADS(I16, vaddq_u32(a.v[i], b.v[i])); }
SIMD I16 isub(I16 a, I16 b) { return QUADS(I16, vsubq_u32(a.v[i], b.v[i])); }
SIMD I16 iand(I16 a, I16 b) { return QUADS(I16, vandq_u32(a.v[i], b.v[i])); }
SIMD I16 ior(I16 a, I16 b) { return QUADS(I16, vorrq_u32(a.v[i], b.v[i])); }
SIMD I16 ixor(I16 a, I16 b) { return QUADS(I16, veorq_u32(a.v[i], b.v[i])); }
template <int n> SIMD I16 ishl(I16 a) { return QUADS(I16, vshlq_n_u32(a.v[i], n)); }
template <int n> SIMD I16 ishr(I16 a) { return QUADS(I16, vshrq_n_u32(a.v[i], n)); }
SIMD I16 ixor3(I16 a, I16 b, I16 c) { return ixor(ixor(a, b), c); }
SIMD M16 ige(I16 a, I16 b) { return QUADS(M16, vcgeq_u32(a.v[i], b.v[i])); }
SIMD I16 ipair(I16 a, I16 b) { return QUADS(I16, vtrn1q_u32(a.v[i], b.v[i])); }
SIMD uint64x2_t as64(uint32x4_t a) { return vreinterpretq_u64_u32(a); }
SIMD uint32x4_t from64(uint64x2_t a) { return vreinterpretq_u32_u64(a); }
SIMD I16 ihigh64(I16 a) { return QUADS(I16, from64(vshrq_n_u64(as64(a.v[i]), 32))); }
SIMD I16 imulEven(I16 a, I16 b) { return QUADS(I16, from64(vmull_u32(vmovn_u64(as64(a.v[i])), vmovn_u64(as64(b.v[i]))))); }
SIMD I16 izipLow(I16 a, I16 b) { return QUADS(I16, from64(vzip1q_u64(as64(a.v[i]), as64(b.v[i])))); }
SIMD I16 izipHigh(I16 a, I16 b) { return QUADS(I16, from64(vzip2q_u64(as64(a.v[i]), as64(b.v[i])))); }

// 2^n is made of two factors, since n may lie outside the exponents of a float; the first product is exact, so the result is
// rounded once.
SIMD F16 scale(F16 a, F16 n) {
  const I16 half = toInt(mul(n, set1(0.5f)));
  const I16 rest = isub(toInt(n), half), bias = iset1(127);
  return mul(mul(a, fromBits(ishl<23>(iadd(half, bias)))), fromBits(ishl<23>(iadd(rest, bias))));
}

SIMD F16 loadQuads(const float* p0, const float* p1, const float* p2, const float* p3) {
  return {{vld1q_f32(p0), vld1q_f32(p1), vld1q_f32(p2), vld1q_f32(p3)}};
}
SIMD float32x4_t lowHalves(float32x4_t a, float32x4_t b) { return vcombine_f32(vget_low_f32(a), vget_low_f32(b)); }
SIMD float32x4_t highHalves(float32x4_t a, float32x4_t b) { return vcombine_f32(vget_high_f32(a), vget_high_f32(b)); }
SIMD void transposeQuads(F16& a, F16& b, F16& c, F16& d) {
  for (int i = 0; i < 4; i++) {
    const float32x4_t ab0 = vzip1q_f32(a.v[i], b.v[i]), ab1 = vzip2q_f32(a.v[i], b.v[i]);
    const float32x4_t cd0 = vzip1q_f32(c.v[i], d.v[i]), cd1 = vzip2q_f32(c.v[i], d.v[i]);
    a.v[i] = lowHalves(ab0, cd0);
    b.v[i] = highHalves(ab0, cd0);
    c.v[i] = lowHalves(ab1, cd1);
    d.v[i] = highHalves(ab1, cd1);
  }
}

struct AddLanes { SIMD float32x4_t of(float32x4_t a, float32x4_t b) { return vaddq_f32(a, b); } };
struct MaxLanes { SIMD float32x4_t of(float32x4_t a, float32x4_t b) { return vbslq_f32(vcgtq_f32(a, b), a, b); } };
struct MinLanes { SIMD float32x4_t of(float32x4_t a, float32x4_t b) { return vbslq_f32(vcltq_f32(a, b), a, b); } };
template <class Op> SIMD float combineLanes(F16 a) {
  const float32x4_t v4 = Op::of(Op::of(a.v[0], a.v[2]), Op::of(a.v[1], a.v[3]));
  const float32x4_t v2 = Op::of(v4, vextq_f32(v4, v4, 2));
  return vgetq_lane_f32(Op::of(v2, vrev64q_f32(v2)), 0);
}
SIMD float sum(F16 a) { return combineLanes<AddLanes>(a); }
SIMD float maxOf(F16 a) { return combineLanes<MaxLanes>(a); }
SIMD float minOf(F16 a) { return combineLanes<MinLanes>(a); }
