// Chooses the kernels of one instruction set when the library starts; from then on a kernel is a pointer in a table.
#pragma once
#include "../kernels/table.h"

namespace myelin {

namespace detail {
extern const KernelTable* chosenKernels;
}

// The chosen table; valid after startRuntime(). It changes only between calls (runtime/calls.h).
inline const KernelTable& kernels() { return *detail::chosenKernels; }

// Reads MYELIN_ISA and MYELIN_THREADS, chooses. Once for the process, safe from several threads; nullptr or what was wrong.
const char* startRuntime();

// The compiled instruction sets, worst first.
int isaCount();
const char* isaName(int index);
bool isaPresent(int index);
// False, and nothing changed, if `name` is not compiled or not present here. Waits until no call is under way.
bool setIsa(const char* name);

}  // namespace myelin
