// The only file with OpenMP. One parallel region lives as long as the team: its threads wait for jobs, first spinning, then asleep,
// and whoever calls posts a job and works along. A region for each call would do with less code, but:
//   - libgomp keeps a team for each thread that opens regions; this one serves all threads of the process, one at a time (the gate);
//   - a region ends when every thread has come to its barrier, so one that the system does not run just now holds up the caller. Here
//     the caller takes over the chunks of those who have not come and waits for nobody. Two busy cores, jobs of 50 us: mean 240 us
//     against 2300;
//   - libgomp spins for 7 ms after each region, here it is a quarter of one, and nobody spins where the caller would run. After 20 ms of
//     sleep a job costs 20 us more than one at work; with libgomp 100 us, or 7 ms if the worker is woken on the caller's processor.
// On idle cores a job costs less than a microsecond.
#include "threads.h"

#include <errno.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "calls.h"
#include "processor.h"
#include "quota.h"

#if defined(_OPENMP)
#include <omp.h>
#endif

namespace myelin {
namespace {

std::atomic<int> teamSize{1};
std::atomic<const char*> source{"affinity"};
// Taken by a caller from another thread or from inside of a body: the second runs alone. A flag, not a mutex, since a body comes back
// on the very thread that holds it.
std::atomic_flag gate = ATOMIC_FLAG_INIT;

void runAlone(int64_t chunks, ChunkBody body, void* context) {
  for (int64_t chunk = 0; chunk < chunks; chunk++) body(chunk, context, 0);
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

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// Rounds of waiting, some 13 ns each on x86: a worker that has just worked expects more of it, one woken for nothing does not; a caller
// waits for the last chunks.
constexpr int spinsAfterWork = 20000, spinsAfterNothing = 500, spinsOfCaller = 8000;

// The team and its job. Of the job, workers read only after they have entered it, and the caller changes it only when all that have
// entered are done.
class Team {
 public:
  explicit Team(int size) : size_(size) {}

  // Starts the threads; they stay until stop().
  void start() {
    std::thread([this] {
#pragma omp parallel num_threads(size_ - 1)
      {
        serve(omp_get_thread_num() + 1);
        owners_.fetch_add(0);  // orders all that this thread did before the deletion, visibly to race checkers
      }
      release();
    }).detach();
  }

  void stop() {
    stopping_.store(true);
    wakeSleepers();
    release();
  }

  void run(int64_t chunks, ChunkBody body, void* context) {
    workers_ = int(chunks < size_ ? chunks : size_);
    for (int64_t w = 0; w < workers_; w++) runs_[w].set(uint64_t(chunks * w / workers_), uint64_t(chunks * (w + 1) / workers_));
    body_ = body;
    context_ = context;
    callersProcessor_.store(currentProcessor(), std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    const uint64_t opened = ((entry_.load(std::memory_order_relaxed) >> numberShift) + 1) << numberShift | open;
    entry_.store(opened);
    if (sleepers_.load() > 0) wakeSleepers();
    work(0);
    const int entered = int(entry_.exchange(opened & ~open) & (open - 1));
    // One who stays away that long may wait for the very processor that this loop keeps busy; to yield does not hand it over.
    for (int spin = 0; done_.load(std::memory_order_acquire) < entered; spin++)
      spin < spinsOfCaller ? pause() : std::this_thread::sleep_for(std::chrono::microseconds(10));
  }

 private:
  // The number of the job, whether it may be entered, and how many workers have.
  static constexpr int numberShift = 16;
  static constexpr uint64_t open = 1 << 15;

  void work(int worker) {
    int64_t chunk;
    while (runs_[worker].takeFront(chunk)) body_(chunk, context_, worker);
    for (int other = 1; other < workers_; other++) {
      Run& run = runs_[(worker + other) % workers_];
      while (run.takeBack(chunk)) body_(chunk, context_, worker);
    }
  }

  bool somethingNew(uint64_t last) const {
    const uint64_t entry = entry_.load();
    return ((entry & open) && entry >> numberShift != last) || stopping_.load();
  }

  // The system likes to wake a worker where its caller runs: there it would only be in the way.
  bool isInTheWay() const {
    const int processor = currentProcessor();
    return processor >= 0 && processor == callersProcessor_.load(std::memory_order_relaxed);
  }

  void await(uint64_t last, int spins) {
    for (int spin = 0; spin < spins && (spin % 64 != 63 || !isInTheWay()); spin++) {
      if (somethingNew(last)) return;
      pause();
    }
    std::unique_lock<std::mutex> lock(mutex_);
    sleepers_.fetch_add(1);
    wake_.wait(lock, [&] { return somethingNew(last); });
    sleepers_.fetch_sub(1);
  }

  // Whoever is not yet asleep counts himself in before he looks at the entry a last time, so none is missed.
  void wakeSleepers() {
    { const std::lock_guard<std::mutex> lock(mutex_); }
    wake_.notify_all();
  }

  void serve(int worker) {
    uint64_t last = 0;
    bool entered = false;
    while (!stopping_.load()) {
      await(last, entered ? spinsAfterWork : spinsAfterNothing);
      entered = false;
      if (isInTheWay()) leaveProcessor(callersProcessor_.load(std::memory_order_relaxed));
      uint64_t entry = entry_.load();
      if (!(entry & open)) continue;
      last = entry >> numberShift;
      while (!entered && (entry & open) && entry >> numberShift == last) entered = entry_.compare_exchange_weak(entry, entry + 1);
      if (!entered) continue;
      if (worker < workers_) work(worker);
      done_.fetch_add(1, std::memory_order_release);
    }
  }

  // The last of its two owners, its threads and the process, frees it.
  void release() {
    if (owners_.fetch_sub(1) == 1) delete this;
  }

  const int size_;
  Run runs_[maxThreads];
  int workers_ = 0;
  ChunkBody body_ = nullptr;
  void* context_ = nullptr;
  alignas(64) std::atomic<uint64_t> entry_{0};
  alignas(64) std::atomic<int> done_{0};
  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<int> callersProcessor_{-1};
  std::atomic<bool> stopping_{false};
  std::atomic<int> owners_{2};
  std::mutex mutex_;
  std::condition_variable wake_;
};

Team* team = nullptr;  // guarded by the gate; made at the first use

void runTogether(int64_t chunks, int size, ChunkBody body, void* context) {
  if (team == nullptr) {
    team = new Team(size);
    team->start();
  }
  team->run(chunks, body, context);
}

void dismissTeam() {
  if (team != nullptr) team->stop();
  team = nullptr;
}

#else

void dismissTeam() {}

#endif

}  // namespace

void parallelChunks(int64_t chunks, ChunkBody body, void* context) {
#if defined(_OPENMP)
  const int size = teamSize.load(std::memory_order_relaxed);
  if (size > 1 && chunks > 1 && chunks <= INT32_MAX && !gate.test_and_set(std::memory_order_acquire)) {
    runTogether(chunks, size, body, context);
    gate.clear(std::memory_order_release);
    return;
  }
#endif
  runAlone(chunks, body, context);
}

namespace {

void set(int n, const char* from) {
  teamSize.store(n, std::memory_order_relaxed);
  source.store(from, std::memory_order_relaxed);
}

}  // namespace

int threadCount() { return teamSize.load(std::memory_order_relaxed); }

const char* threadCountSource() { return source.load(std::memory_order_relaxed); }

bool setThreadCount(int64_t n) {
  if (n < 1 || n > maxThreads) return false;
  const BetweenCalls guard;
  if (n != threadCount()) dismissTeam();
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
