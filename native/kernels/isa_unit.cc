// The translation unit that is compiled once per instruction set (isa.json), with MYELIN_ISA_NAME and that set's flags. All
// of our code in it lies in an anonymous namespace, so that nothing compiled with AVX-512 can be merged into a baseline object;
// hence no STL, no exceptions, no OpenMP, no static initialisers here. It exports one function: the table.
#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__) || defined(_M_X64)
// GCC 12's own header warns about its undefined registers wherever it is inlined.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "table.h"

namespace myelin {
namespace {
#include "../simd/vec.h"
// One line a family, in the order in which they use each other.
#include "parts-inl.h"
#include "math-inl.h"
#include "activation-inl.h"
#include "elementwise-inl.h"
#include "compare-inl.h"
#include "movement-inl.h"
#include "reduce-inl.h"
#include "softmax-inl.h"
#include "norm-inl.h"
#include "recurrent-gates-inl.h"
#include "recurrent-inl.h"
#include "indexing-inl.h"
#include "random-inl.h"
#include "update-inl.h"
#include "gemm-inl.h"
#include "gemm-pack-inl.h"
#include "conv-inl.h"
#include "conv-direct-inl.h"
#include "winograd-inl.h"
#include "pool-inl.h"
#include "resample-inl.h"
}  // namespace

#define MYELIN_JOIN2(a, b) a##b
#define MYELIN_JOIN(a, b) MYELIN_JOIN2(a, b)
#define MYELIN_TEXT2(a) #a
#define MYELIN_TEXT(a) MYELIN_TEXT2(a)
extern "C" const KernelTable* MYELIN_JOIN(myelin_kernels_, MYELIN_ISA_NAME)() {
  static constexpr KernelTable table = {
      MYELIN_TEXT(MYELIN_ISA_NAME),
#define KERNEL(name, type) &name,
#include "kernels.def"
#undef KERNEL
  };
  return &table;
}

}  // namespace myelin
