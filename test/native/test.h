// A test framework in a page: TEST(name) { CHECK(x); } in any file of this folder. Each test runs once for each instruction
// set that the machine has, or once in all where it is declared TEST_ONCE. A failed CHECK says where, and the test goes on.
#pragma once
#include <stdint.h>
#include <stdio.h>

#include <vector>

namespace test {

struct Case {
  const char* name;
  void (*body)();
  bool everyIsa;
};

inline std::vector<Case>& cases() {
  static std::vector<Case> list;
  return list;
}

struct Register {
  Register(const char* name, void (*body)(), bool everyIsa) { cases().push_back({name, body, everyIsa}); }
};

void failed(const char* file, int line, const char* text);

// Numbers in [-1, 1), the same on every machine.
struct Random {
  uint64_t state = 1;
  float next() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return float(int32_t(state >> 32)) * 0x1p-31f;
  }
  std::vector<float> vector(size_t n) {
    std::vector<float> v(n);
    for (float& x : v) x = next();
    return v;
  }
};

}  // namespace test

#define TEST_DECLARE(name, everyIsa)                                   \
  static void test_##name();                                           \
  static const test::Register register_##name(#name, test_##name, everyIsa); \
  static void test_##name()
#define TEST(name) TEST_DECLARE(name, true)
#define TEST_ONCE(name) TEST_DECLARE(name, false)
#define CHECK(condition) ((condition) ? void() : test::failed(__FILE__, __LINE__, #condition))
