// What the processor and the operating system offer, asked once.
#pragma once
#include <stdint.h>

namespace myelin {

enum class Feature : int { none, avx2, avx512, neon };

bool cpuHas(Feature feature);
const char* cpuModel();
// Bytes of the second-level cache of a core.
int64_t cpuCache();

}  // namespace myelin
