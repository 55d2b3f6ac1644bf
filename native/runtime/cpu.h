// What the processor and the operating system offer, asked once.
#pragma once

namespace myelin {

enum class Feature : int { none, avx2, avx512, neon };

bool cpuHas(Feature feature);
const char* cpuModel();

}  // namespace myelin
