// Counts the kernel calls under way in the process, so that what a call reads more than once (the kernel table, the number of
// threads) changes only between calls: a panel packed for one instruction set must not be read by the kernel of another.
#pragma once
#include <atomic>
#include <thread>

namespace myelin {

namespace detail {
inline std::atomic<int> callsUnderWay{0};  // negative while settings change
}

class Call {
 public:
  Call() {
    while (detail::callsUnderWay.fetch_add(1, std::memory_order_acquire) < 0) {
      detail::callsUnderWay.fetch_sub(1, std::memory_order_relaxed);
      std::this_thread::yield();
    }
  }
  ~Call() { detail::callsUnderWay.fetch_sub(1, std::memory_order_release); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
};

// Waits for the calls under way and keeps others out. Not to be used inside a call.
class BetweenCalls {
 public:
  BetweenCalls() {
    for (int idle = 0; !detail::callsUnderWay.compare_exchange_weak(idle, busy, std::memory_order_acquire); idle = 0)
      std::this_thread::yield();
  }
  ~BetweenCalls() { detail::callsUnderWay.fetch_sub(busy, std::memory_order_release); }
  BetweenCalls(const BetweenCalls&) = delete;
  BetweenCalls& operator=(const BetweenCalls&) = delete;

 private:
  static constexpr int busy = -(1 << 30);
};

}  // namespace myelin
