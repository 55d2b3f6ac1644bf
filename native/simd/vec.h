// One vector type for all kernels: F16, sixteen float lanes whatever the hardware (one zmm, two ymm, four NEON or SSE
// registers). Kernels are written once against it; the intrinsics live in the file of the instruction set. Every set with FMA
// gives the same bits, since lanes, order and fused multiply-adds are the same; baseline multiplies, then adds.
//
// Each simd/<isa>.h defines, all `static inline`:
//   F16 load(const float*), store(float*, F16)                          unaligned
//   F16 loadPart(const float*, int n), storePart(float*, F16, int n)    first n of 16 lanes, the rest 0 / untouched
//   F16 set1(float), zero()
//   F16 add, sub, mul, div, fma(a, b, c) = a*b + c, min, max            min(a, b) = a < b ? a : b, max(a, b) = a > b ? a : b
//   F16 sqrt, abs, neg, floor, ceil, round (halves to even)
//   M16 lt, le, gt, ge, eq, ne (ordered as C compares), isnan
//   F16 pick(M16 m, F16 a, F16 b) = m ? a : b;  M16 both(m, m), either(m, m), inverse(m); bool any(m)
//   F16 scale(F16 a, F16 n) = a * 2^n, rounded once, for integers |n| <= 250; a is 0 or of magnitude near 1
//   I16 toInt(F16) (nearest even), F16 toFloat(I16), I16 bits(F16), F16 fromBits(I16), iadd, isub, iand, ior, ixor, ishl<n>,
//   ishr<n> (logical), iset1, iload, istore, iloadBytes (16 unsigned bytes), ixor3, M16 ige (unsigned)
//   I16 as eight lanes of 64 bits: ihigh64 (the upper half in the place of the lower, anything above), ipair(a, b) (the lower
//   half of a, above it that of b), imulEven (64-bit product of the lower halves), izipLow, izipHigh (in each group of 128 bits,
//   the lower, higher half of a, then that of b)
//   F16 loadQuads(p0, p1, p2, p3): four floats from each;  transposeQuads(a, b, c, d): 4x4 transpose in each group of 4 lanes
//   DoubleN: as many doubles as one register holds, a GCC vector
//   float sum(F16), maxOf(F16), minOf(F16): lanes combined as a fixed tree: (i, i+8), (i, i+4), (i, i+2), (i, i+1)
#pragma once

#define SIMD static inline __attribute__((always_inline))

#if defined(MYELIN_ISA_AVX512)
#include "avx512.h"
#elif defined(MYELIN_ISA_AVX2)
#include "avx2.h"
#elif defined(MYELIN_ISA_NEON)
#include "neon.h"
#else
#include "baseline.h"
#endif
