#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "runtime/cpu.h"
#include "runtime/dispatch.h"
#include "runtime/quota.h"
#include "runtime/scratch.h"
#include "runtime/threads.h"
#include "test.h"

using namespace myelin;

TEST(chosen_isa_is_the_one_set) {
  const std::string chosen = kernels().isa;
  CHECK(setIsa(chosen.c_str()));
  CHECK(!setIsa("sse9"));
  CHECK(!setIsa(""));
  CHECK(chosen == kernels().isa);
}

TEST_ONCE(every_chunk_runs_once) {
  for (const int threads : {1, 2, 3, 7}) {
    CHECK(setThreadCount(threads));
    for (const int64_t chunks : {0, 1, 2, 3, 17, 1000}) {
      std::vector<int> runs(size_t(chunks), 0);
      std::atomic<int> strange{0};
      parallelFor(chunks, [&](int64_t chunk, int worker) {
        runs[size_t(chunk)]++;
        if (worker < 0 || worker >= threadCount()) strange++;
      });
      for (const int n : runs) CHECK(n == 1);
      CHECK(strange == 0);
    }
  }
  CHECK(!setThreadCount(0));
  CHECK(!setThreadCount(maxThreads + 1));
}

TEST_ONCE(regions_inside_regions_run_alone) {
  CHECK(setThreadCount(2));
  std::atomic<int> runs{0};
  parallelFor(4, [&](int64_t, int) { parallelFor(8, [&](int64_t, int worker) { runs += worker == 0; }); });
  CHECK(runs == 32);
}

TEST_ONCE(many_callers_share_one_team) {
  CHECK(setThreadCount(2));
  std::atomic<int64_t> sum{0};
  std::vector<std::thread> callers;
  for (int c = 0; c < 4; c++)
    callers.emplace_back([&] {
      for (int i = 0; i < 200; i++) parallelFor(10, [&](int64_t chunk, int) { sum += chunk; });
    });
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 4 * 200 * 45);
}

TEST_ONCE(scratch_is_aligned_kept_and_per_slot) {
  void* a = scratch(Slot::packA, 100);
  void* b = scratch(Slot::packB, 1 << 20);
  CHECK(a != nullptr && b != nullptr && a != b);
  CHECK(uintptr_t(a) % 64 == 0 && uintptr_t(b) % 64 == 0);
  memset(b, 1, 1 << 20);
  CHECK(scratch(Slot::packA, 50) == a);
  CHECK(scratch(Slot::packB, SIZE_MAX) == nullptr);
  CHECK(scratch(Slot::packB, 64) != nullptr);
  resetScratchPeak();
  scratch(Slot::work, 3 << 20);
  CHECK(scratchPeakBytes() >= 3 << 20);
  std::thread([] { CHECK(scratch(Slot::work, 0) != nullptr); }).join();
}

namespace {

void put(const std::string& path, const char* text) {
  for (size_t at = path.find('/', 5); at != std::string::npos; at = path.find('/', at + 1)) mkdir(path.substr(0, at).c_str(), 0700);
  FILE* file = fopen(path.c_str(), "w");
  CHECK(file != nullptr);
  if (file == nullptr) return;
  fputs(text, file);
  fclose(file);
}

}  // namespace

TEST_ONCE(quota_is_the_smallest_on_the_way_to_the_root) {
  char folder[] = "/tmp/myelin-quota-XXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  const std::string root = folder;
  CHECK(cgroupQuota(root.c_str()) == 0);
#if defined(__linux__)
  put(root + "/proc/self/cgroup", "0::/a/b\n");
  CHECK(cgroupQuota(root.c_str()) == 0);
  put(root + "/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  CHECK(cgroupQuota(root.c_str()) == 0);
  put(root + "/sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  CHECK(cgroupQuota(root.c_str()) == 3);
  put(root + "/sys/fs/cgroup/cpu.max", "200000 100000\n");
  CHECK(cgroupQuota(root.c_str()) == 2);
  put(root + "/sys/fs/cgroup/a/b/cpu.max", "10000 100000\n");
  CHECK(cgroupQuota(root.c_str()) == 1);
  put(root + "/proc/self/cgroup", "4:cpuset:/x\n3:cpu,cpuacct:/docker/1\n");
  put(root + "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_period_us", "100000\n");
  put(root + "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "-1\n");
  CHECK(cgroupQuota(root.c_str()) == 0);
  put(root + "/sys/fs/cgroup/cpu,cpuacct/docker/1/cpu.cfs_quota_us", "400000\n");
  CHECK(cgroupQuota(root.c_str()) == 4);
#endif
  CHECK(affinityCount() >= 1);
  CHECK(system(("rm -r " + root).c_str()) == 0);
}
