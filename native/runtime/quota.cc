// A container often shows every processor of its host and is then throttled to a few: a team sized by the processors alone
// would stand still for most of each period. The limit is the smallest on the way from the process's own group to the root.
// Version 2: <group>/cpu.max holds "quota period" or "max period". Version 1: cpu.cfs_quota_us (-1: none) and cpu.cfs_period_us.
#include "quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__linux__)
#include <sched.h>
#else
#include <unistd.h>
#endif

namespace myelin {

#if defined(__linux__)

int affinityCount() {
  // A kernel built for more processors than cpu_set_t holds refuses the small set, so it grows until it fits.
  for (int capacity = CPU_SETSIZE; capacity <= 1 << 20; capacity *= 4) {
    cpu_set_t* set = CPU_ALLOC(capacity);
    if (set == nullptr) return 1;
    const size_t size = CPU_ALLOC_SIZE(capacity);
    const bool known = sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (known) return count > 0 ? count : 1;
  }
  return 1;
}

namespace {

using Path = char[4096];

bool readLine(const char* path, char* line, int size) {
  FILE* file = fopen(path, "r");
  if (file == nullptr) return false;
  const bool read = fgets(line, size, file) != nullptr;
  fclose(file);
  return read;
}

int processors(double quota, double period) {
  if (!(quota > 0) || !(period > 0)) return 0;
  const double count = quota / period;
  if (count >= 1 << 20) return 0;
  const int whole = int(count);
  return whole < count ? whole + 1 : whole;
}

int limitV2(const char* folder) {
  Path path;
  char line[128];
  snprintf(path, sizeof path, "%.4000s/cpu.max", folder);
  if (!readLine(path, line, sizeof line)) return 0;
  char* rest;
  const double quota = strtod(line, &rest);
  return rest == line ? 0 : processors(quota, strtod(rest, nullptr));
}

int limitV1(const char* folder) {
  Path path;
  char quota[64], period[64];
  snprintf(path, sizeof path, "%.4000s/cpu.cfs_quota_us", folder);
  if (!readLine(path, quota, sizeof quota)) return 0;
  snprintf(path, sizeof path, "%.4000s/cpu.cfs_period_us", folder);
  if (!readLine(path, period, sizeof period)) return 0;
  return processors(strtod(quota, nullptr), strtod(period, nullptr));
}

// The smallest limit of base/group, its parents and base itself.
int smallestLimit(int (*limit)(const char*), const char* base, const char* group) {
  Path folder;
  int length = snprintf(folder, sizeof folder, "%.1000s%.2900s", base, group);
  const int end = int(strlen(base));
  int smallest = 0;
  while (length >= end) {
    folder[length] = 0;
    const int found = limit(folder);
    if (found > 0 && (smallest == 0 || found < smallest)) smallest = found;
    while (--length > end && folder[length] != '/') {
    }
  }
  return smallest;
}

bool hasCpuController(const char* list) {
  for (const char* at = list; *at;) {
    const size_t length = strcspn(at, ",");
    if (length == 3 && strncmp(at, "cpu", 3) == 0) return true;
    at += length + (at[length] == ',');
  }
  return false;
}

}  // namespace

int cgroupQuota(const char* root) {
  Path path, line;
  snprintf(path, sizeof path, "%.1000s/proc/self/cgroup", root);
  FILE* file = fopen(path, "r");
  if (file == nullptr) return 0;
  int smallest = 0;
  // Each line is "number:controllers:group"; version 2 names no controllers.
  while (fgets(line, sizeof line, file) != nullptr) {
    line[strcspn(line, "\n")] = 0;
    char* controllers = strchr(line, ':');
    char* group = controllers ? strchr(controllers + 1, ':') : nullptr;
    if (group == nullptr) continue;
    *group++ = 0;
    controllers++;
    const bool v2 = *controllers == 0;
    if (!v2 && !hasCpuController(controllers)) continue;
    Path base;
    snprintf(base, sizeof base, "%.1000s/sys/fs/cgroup%s%.900s", root, v2 ? "" : "/", controllers);
    const int found = smallestLimit(v2 ? limitV2 : limitV1, base, group);
    if (found > 0 && (smallest == 0 || found < smallest)) smallest = found;
  }
  fclose(file);
  return smallest;
}

#else

int affinityCount() {
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? int(count) : 1;
}

int cgroupQuota(const char*) { return 0; }

#endif

}  // namespace myelin
