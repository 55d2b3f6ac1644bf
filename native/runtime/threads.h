// The only door to parallelism. Work is cut into `chunks` that depend on the problem alone, never on the number of
// threads; each chunk writes what no other chunk reads, and sums over chunks are combined in order by the caller, so the
// result has the same bits with any number of threads.
#pragma once
#include <stdint.h>

namespace myelin {

// Runs body(chunk, context, worker) for every chunk in [0, chunks), worker in [0, threadCount()). Runs on the calling
// thread alone if there is one chunk, one thread, or another caller holds the team. Chunks are dealt in ascending contiguous
// runs, a run a worker; who is through with his takes from the back of another's. Not reentrant from inside a body (there it runs
// alone).
using ChunkBody = void (*)(int64_t chunk, void* context, int worker);
void parallelChunks(int64_t chunks, ChunkBody body, void* context);

template <class F> void parallelFor(int64_t chunks, F&& body) {
  parallelChunks(chunks, [](int64_t chunk, void* f, int worker) { (*static_cast<F*>(f))(chunk, worker); }, &body);
}

constexpr int maxThreads = 256;
int threadCount();
bool setThreadCount(int64_t n);   // 1 to maxThreads, false if out of range; waits until no call is under way
const char* threadCountSource();  // "MYELIN_THREADS", "affinity", "cgroup", "setThreads"
bool startThreads();              // part of startRuntime(): the count from MYELIN_THREADS (false if it is no such number) or the system

}  // namespace myelin
