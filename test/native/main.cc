#include "runtime/dispatch.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

namespace {
int failures = 0;
const char* running = "";
}  // namespace

void test::failed(const char* file, int line, const char* text) {
  failures++;
  if (failures <= 50) printf("%s:%d: %s [%s]: %s\n", file, line, running, myelin::kernels().isa, text);
}

// Runs every test, or those whose name contains the first argument.
int main(int argc, char** argv) {
  if (const char* problem = myelin::startRuntime()) {
    printf("%s\n", problem);
    return 1;
  }
  const char* only = argc > 1 ? argv[1] : "";
  int passed = 0, broken = 0;
  bool first = true;
  for (int i = 0; i < myelin::isaCount(); i++) {
    if (!myelin::isaPresent(i)) {
      printf("%s: not present on this machine, left out\n", myelin::isaName(i));
      continue;
    }
    myelin::setIsa(myelin::isaName(i));
    for (const test::Case& each : test::cases()) {
      if ((!first && !each.everyIsa) || strstr(each.name, only) == nullptr) continue;
      const int before = failures;
      running = each.name;
      each.body();
      (failures == before ? passed : broken)++;
    }
    first = false;
  }
  printf("%d passed, %d failed\n", passed, broken);
  return broken != 0 || passed == 0;
}
