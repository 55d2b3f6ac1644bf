// An instruction set counts as present only if the processor has every part that its objects are compiled with and the
// operating system saves its registers at a task switch (XCR0 tells): one without the other crashes.
#include "cpu.h"

#include <string.h>

#include <initializer_list>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <stdio.h>
#include <sys/auxv.h>
#elif defined(__APPLE__)
#include <sys/sysctl.h>
#endif

namespace myelin {
namespace {

struct Cpu {
  bool avx2 = false, avx512 = false, neon = false;
  int64_t cache = 1 << 20;
  char model[256] = "unknown";
  Cpu();
};

#if defined(__x86_64__)

// The leaf of a processor that describes its caches one by one, Intel's or AMD's; both have the same form.
int64_t cacheOfLevel(uint32_t leaf, uint32_t level) {
  uint32_t a, b, c, d;
  for (uint32_t index = 0; index < 16 && __get_cpuid_count(leaf, index, &a, &b, &c, &d) && (a & 31) != 0; ++index) {
    constexpr uint32_t instructions = 2;
    if ((a & 31) == instructions || (a >> 5 & 7) != level) continue;
    const int64_t ways = (b >> 22) + 1, partitions = (b >> 12 & 1023) + 1, line = (b & 4095) + 1, sets = int64_t(c) + 1;
    return ways * partitions * line * sets;
  }
  return 0;
}

uint64_t extendedControlRegister() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t(high) << 32 | low;
}

Cpu::Cpu() {
  uint32_t a, b, c, d;
  if (__get_cpuid(0x80000004u, &a, &b, &c, &d)) {
    uint32_t text[13] = {};
    for (uint32_t part = 0; part < 3; part++)
      __get_cpuid(0x80000002u + part, &text[part * 4], &text[part * 4 + 1], &text[part * 4 + 2], &text[part * 4 + 3]);
    const char* start = reinterpret_cast<const char*>(text);
    while (*start == ' ') start++;
    strncpy(model, start, sizeof model - 1);
  }
  for (const uint32_t leaf : {0x4u, 0x8000001du})
    if (const int64_t size = cacheOfLevel(leaf, 2); size > 0) cache = size;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return;
  const bool fma = c & bit_FMA, osSaves = (c & bit_OSXSAVE) && (c & bit_AVX);
  if (!osSaves || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
  const uint64_t saved = extendedControlRegister();
  constexpr uint64_t ymm = 0x6, zmm = 0xe6;
  avx2 = fma && (b & bit_AVX2) && (saved & ymm) == ymm;
  constexpr uint32_t parts = bit_AVX512F | bit_AVX512VL | bit_AVX512DQ | bit_AVX512BW;
  avx512 = avx2 && (b & parts) == parts && (saved & zmm) == zmm;
}

#elif defined(__aarch64__) && defined(__linux__)

Cpu::Cpu() {
  neon = getauxval(AT_HWCAP) & HWCAP_ASIMD;
  if (FILE* file = fopen("/proc/device-tree/model", "r")) {
    const size_t n = fread(model, 1, sizeof model - 1, file);
    if (n > 0) model[n] = 0;
    fclose(file);
  }
}

#elif defined(__APPLE__)

Cpu::Cpu() {
  neon = true;
  size_t size = sizeof model;
  if (sysctlbyname("machdep.cpu.brand_string", model, &size, nullptr, 0) != 0) strcpy(model, "unknown");
}

#else

Cpu::Cpu() {}

#endif

const Cpu& cpu() {
  static const Cpu found;
  return found;
}

}  // namespace

bool cpuHas(Feature feature) {
  switch (feature) {
    case Feature::none: return true;
    case Feature::avx2: return cpu().avx2;
    case Feature::avx512: return cpu().avx512;
    case Feature::neon: return cpu().neon;
  }
  return false;
}

const char* cpuModel() { return cpu().model; }
int64_t cpuCache() { return cpu().cache; }

}  // namespace myelin
