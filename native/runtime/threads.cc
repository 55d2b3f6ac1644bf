// The only file with OpenMP. libgomp keeps a team for each thread that opens a parallel region, so one gate for the process
// decides who may: a caller that finds it taken, from another thread or from inside a body, runs its chunks alone, with the same
// bits. An atomic flag rather than a mutex: a body may come back here on the very thread that holds the gate.
#include "threads.h"

#include <errno.h>
#include <stdlib.h>

#include <atomic>

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

}  // namespace

void parallelChunks(int64_t chunks, ChunkBody body, void* context) {
#if defined(_OPENMP)
  const int64_t size = teamSize.load(std::memory_order_relaxed);
  const int workers = int(chunks < size ? chunks : size);
  if (workers > 1 && !gate.test_and_set(std::memory_order_acquire)) {
#pragma omp parallel num_threads(workers)
    {
      const int64_t worker = omp_get_thread_num(), team = omp_get_num_threads();
      const int64_t each = chunks / team, more = chunks % team;
      const int64_t first = worker * each + (worker < more ? worker : more);
      const int64_t last = first + each + (worker < more);
      for (int64_t chunk = first; chunk < last; chunk++) body(chunk, context, int(worker));
    }
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
