// Workspace of a worker, kept between calls: 64-byte aligned, grown on demand, never shrunk below what was asked last.
#pragma once
#include <stddef.h>

namespace myelin {

// At least `bytes` bytes, valid until the next call of scratch() with the same slot on the same thread; nullptr if memory is out.
enum class Slot { packA, packB, work, count };
void* scratch(Slot slot, size_t bytes);
size_t scratchPeakBytes();  // the most that one thread has held since the last resetScratchPeak()
void resetScratchPeak();

}  // namespace myelin
