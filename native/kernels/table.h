// What one instruction set offers: a table of function pointers, filled by isa_unit.cc. The lists of functions are the .def
// files: unary.def, binary.def (elementwise ops) and kernels.def (all others).
#pragma once
#include <stdint.h>

#include "conv.h"
#include "gemm.h"
#include "pool.h"
#include "recurrent.h"
#include "winograd.h"
#include "resample.h"

namespace myelin {

struct KernelTable {
  const char* isa;
#define KERNEL(name, type) using name##_t = type; name##_t* name;
#include "kernels.def"
#undef KERNEL
};

}  // namespace myelin
