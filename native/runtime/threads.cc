// The only file with OpenMP. libgomp keeps a team for each thread that opens a parallel region, so one gate for the process
// decides who may: a caller that finds it taken, from another thread or from inside a body, runs its chunks alone, with the same
// bits. An atomic flag rather than a mutex: a body may come back here on the very thread that holds the gate.
// Workers that are through with their run take chunks of others, so that one who is late or whose processor is busy costs little.
#include "threads.h"

#include <errno.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "calls.h"
#include "quota.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace myelin {
namespace {

std::atomic<int> teamSize{1};
std::atomic<const char*> source{"affinity"};
std::atomic_flag gate = ATOMIC_FLAG_INIT;

void runAlone(int64_t chunks, ChunkBody body, void* context) {
  for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk, context, 0);
}

void set(int n, const char* from) {
  teamSize.store(n, std::memory_order_relaxed);
  source.store(from, std::memory_order_relaxed);
}

#if defined(_OPENMP)

// The chunks that one worker starts with, [next, end) in one word: the owner takes from the front, a helper from the back.
struct alignas(64) Run {
  std::atomic<uint64_t> range;

  void set(uint64_t first, uint64_t last) { range.store(first | last << 32, std::memory_order_relaxed); }

  bool takeFront(int64_t& chunk) {
    uint64_t seen = range.load(std::memory_order_relaxed);
    do {
      if ((seen & 0xffffffffu) >= seen >> 32) return false;
    } while (!range.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
    chunk = int64_t(seen & 0xffffffffu);
    return true;
  }
  bool takeBack(int64_t& chunk) {
    uint64_t seen = range.load(std::memory_order_relaxed);
    do {
      if ((seen & 0xffffffffu) >= seen >> 32) return false;
    } while (!range.compare_exchange_weak(seen, seen - (uint64_t(1) << 32), std::memory_order_relaxed));
    chunk = int64_t(seen >> 32) - 1;
    return true;
  }
};

// What the team works on, guarded by the gate. The two counters order its accesses: workers see it once they have counted
// themselves in, and the caller sees their results once they have counted themselves out. (The team's own barriers do so too, but no
// checker of races can see into libgomp.)
struct Job {
  Run runs[maxThreads];
  int workers;
  ChunkBody body;
  void* context;
  alignas(64) std::atomic<int> begun, done;
};
Job job;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void work(int worker) {
  int64_t chunk;
  while (job.runs[worker].takeFront(chunk)) job.body(chunk, job.context, worker);
  for (int other = 1; other < job.workers; other++) {
    Run& run = job.runs[(worker + other) % job.workers];
    while (run.takeBack(chunk)) job.body(chunk, job.context, worker);
  }
}

// At the end of a region libgomp spins for milliseconds. If the system has woken a worker on the caller's own processor, that is
// just what keeps the worker from starting, so the caller sleeps for a moment before it enters that barrier.
void awaitBegin(int others) {
  constexpr int spins = 2000;
  for (int spin = 0; job.begun.load(std::memory_order_relaxed) < others; spin++) {
    if (spin < spins) pause();
    else std::this_thread::sleep_for(std::chrono::microseconds(1));
  }
}

void runTogether(int64_t chunks, int workers, ChunkBody body, void* context) {
  for (int64_t w = 0; w < workers; w++) job.runs[w].set(uint64_t(chunks * w / workers), uint64_t(chunks * (w + 1) / workers));
  job.workers = workers;
  job.body = body;
  job.context = context;
  job.done.store(0, std::memory_order_relaxed);
  job.begun.store(0, std::memory_order_release);
#pragma omp parallel num_threads(workers)
  {
    const int worker = omp_get_thread_num();
    if (worker != 0) {
      job.begun.fetch_add(1, std::memory_order_acquire);
      work(worker);
      job.done.fetch_add(1, std::memory_order_release);
    } else {
      work(worker);
      awaitBegin(omp_get_num_threads() - 1);
    }
  }
  job.done.load(std::memory_order_acquire);
}

#endif

}  // namespace

void parallelChunks(int64_t chunks, ChunkBody body, void* context) {
#if defined(_OPENMP)
  const int64_t size = teamSize.load(std::memory_order_relaxed);
  const int workers = int(chunks < size ? chunks : size);
  if (workers > 1 && chunks <= INT32_MAX && !gate.test_and_set(std::memory_order_acquire)) {
    runTogether(chunks, workers, body, context);
    gate.clear(std::memory_order_release);
    return;
  }
#endif
  runAlone(chunks, body, context);
}

int threadCount() { return teamSize.load(std::memory_order_relaxed); }

const char* threadCountSource() { return source.load(std::memory_order_relaxed); }

bool setThreadCount(int64_t n) {
  if (n < 1 || n > maxThreads) return false;
  const BetweenCalls guard;
  set(int(n), "setThreads");
  return true;
}

bool startThreads() {
  if (const char* text = getenv("MYELIN_THREADS"); text != nullptr && *text) {
    char* end;
    errno = 0;
    const long n = strtol(text, &end, 10);
    if (errno != 0 || *end != 0 || n < 1 || n > maxThreads) return false;
    set(int(n), "MYELIN_THREADS");
    return true;
  }
  const int processors = affinityCount(), quota = cgroupQuota();
  const bool limited = quota > 0 && quota < processors;
  const int n = limited ? quota : processors;
  set(n < maxThreads ? n : maxThreads, limited ? "cgroup" : "affinity");
  return true;
}

}  // namespace myelin
