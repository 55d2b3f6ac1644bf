// How many processors this process may use.
#pragma once

namespace myelin {

int affinityCount();

// Processors' worth of time that the control groups allow, rounded up; 0 where there is no limit. `root` stands before every
// path, so that a test can lay out a tree of its own.
int cgroupQuota(const char* root = "");

}  // namespace myelin
