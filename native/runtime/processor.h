// On which processor a thread runs. Elsewhere than on Linux nothing is known and nothing happens.
#pragma once

namespace myelin {

int currentProcessor();               // -1 if unknown
void leaveProcessor(int processor);   // moves the calling thread to another of those it may use, if there is one

}  // namespace myelin
