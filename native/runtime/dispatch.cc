#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mutex>

#include "calls.h"
#include "cpu.h"
#include "threads.h"

extern "C" {
const myelin::KernelTable* myelin_kernels_baseline();
const myelin::KernelTable* myelin_kernels_avx2();
const myelin::KernelTable* myelin_kernels_avx512();
const myelin::KernelTable* myelin_kernels_neon();
}

namespace myelin {
namespace detail {
const KernelTable* chosenKernels = nullptr;
}

namespace {

struct Isa {
  const char* name;
  Feature needs;
  const KernelTable* (*table)();
};

// Worst first.
constexpr Isa isas[] = {
    {"baseline", Feature::none, myelin_kernels_baseline},
#if defined(__x86_64__)
    {"avx2", Feature::avx2, myelin_kernels_avx2},
    {"avx512", Feature::avx512, myelin_kernels_avx512},
#elif defined(__aarch64__)
    {"neon", Feature::neon, myelin_kernels_neon},
#endif
};
constexpr int count = sizeof isas / sizeof *isas;

char startError[256];

const Isa* find(const char* name) {
  for (const Isa& isa : isas)
    if (strcmp(isa.name, name) == 0 && cpuHas(isa.needs)) return &isa;
  return nullptr;
}

void choose() {
  const char* forced = getenv("MYELIN_ISA");
  if (forced == nullptr || *forced == 0) {
    for (const Isa& isa : isas)
      if (cpuHas(isa.needs)) detail::chosenKernels = isa.table();
    return;
  }
  if (const Isa* isa = find(forced)) {
    detail::chosenKernels = isa->table();
    return;
  }
  char list[96] = "";
  for (const Isa& isa : isas) {
    if (!cpuHas(isa.needs)) continue;
    if (*list) strcat(list, ", ");
    strcat(list, isa.name);
  }
  snprintf(startError, sizeof startError, "[MYELIN_ISA] expected one of %s, received '%.64s'", list, forced);
}

}  // namespace

const char* startRuntime() {
  static std::once_flag once;
  std::call_once(once, [] {
    choose();
    if (!*startError && !startThreads()) {
      snprintf(startError, sizeof startError, "[MYELIN_THREADS] expected an integer from 1 to %d, received '%.64s'",
               int(maxThreads), getenv("MYELIN_THREADS"));
    }
  });
  return *startError ? startError : nullptr;
}

int isaCount() { return count; }
const char* isaName(int index) { return isas[index].name; }
bool isaPresent(int index) { return cpuHas(isas[index].needs); }

bool setIsa(const char* name) {
  const Isa* isa = find(name);
  if (isa == nullptr) return false;
  const BetweenCalls guard;
  detail::chosenKernels = isa->table();
  return true;
}

}  // namespace myelin
