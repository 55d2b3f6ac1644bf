// Each thread owns its blocks; they are freed when it ends. The holder is constructed by the first use on the thread, so a
// thread that never asks registers no destructor.
#include "scratch.h"

#include <stdlib.h>

#include <atomic>

namespace myelin {
namespace {

constexpr size_t alignment = 64;
constexpr int slots = int(Slot::count);

std::atomic<size_t> peak{0};

struct Blocks {
  void* data[slots] = {};
  size_t size[slots] = {};
  size_t held = 0;

  ~Blocks() {
    for (void* block : data) free(block);
  }

  // Grown by half at least, so that slowly rising demands do not allocate each time.
  void* grow(int slot, size_t bytes) {
    const size_t half = size[slot] + size[slot] / 2;
    const size_t wanted = bytes > half ? bytes : half;
    if (wanted > SIZE_MAX - alignment) return nullptr;
    const size_t rounded = (wanted + alignment - 1) / alignment * alignment;
    free(data[slot]);
    held -= size[slot];
    size[slot] = 0;
    data[slot] = aligned_alloc(alignment, rounded);
    if (data[slot] == nullptr) return nullptr;
    size[slot] = rounded;
    held += rounded;
    return data[slot];
  }
};

thread_local Blocks blocks;

void notePeak(size_t held) {
  size_t seen = peak.load(std::memory_order_relaxed);
  while (held > seen && !peak.compare_exchange_weak(seen, held, std::memory_order_relaxed)) {
  }
}

}  // namespace

void* scratch(Slot slot, size_t bytes) {
  const int i = int(slot);
  Blocks& mine = blocks;
  if (bytes > mine.size[i] || mine.data[i] == nullptr) {
    if (mine.grow(i, bytes ? bytes : alignment) == nullptr) return nullptr;
  }
  notePeak(mine.held);
  return mine.data[i];
}

size_t scratchPeakBytes() { return peak.load(std::memory_order_relaxed); }
void resetScratchPeak() { peak.store(0, std::memory_order_relaxed); }

}  // namespace myelin
