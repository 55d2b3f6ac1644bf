// Dropout and uniform numbers from Philox counters: checks, and a split over the threads at whole groups of Philox blocks.
#include "ops.h"

#include <math.h>

#include "../runtime/dispatch.h"
#include "split.h"

namespace myelin::ops {
namespace {

// Ten rounds of multiplications an element, give or take.
constexpr int64_t weightOfElement = 2;
static_assert(chunkElements / weightOfElement % 32 == 0, "a chunk starts with a whole group of Philox blocks");

}  // namespace

Status dropout(In<float> x, OutOver<float> y, double rate, In<uint32_t> state) {
  if (x.length != y.length) return Status::error("expected x and y of one length");
  if (state.length != 4) return Status::error("expected a state of four words");
  if (!(rate >= 0 && rate < 1)) return Status::error("expected a rate of at least 0 and below 1");
  const uint32_t threshold = static_cast<uint32_t>(floor(rate * 4294967296.0));
  const float scale = static_cast<float>(1 / (1 - rate));
  const uint32_t words[4] = {state.data[0], state.data[1], state.data[2], state.data[3]};
  splitElements(static_cast<int64_t>(y.length), weightOfElement, [&](int64_t first, int64_t n) {
    kernels().dropout(x.data + first, y.data + first, static_cast<uint64_t>(first), n, threshold, scale, words);
  });
  return Status::ok();
}

Status uniform(Out<float> y, double low, double high, In<uint32_t> state) {
  if (state.length != 4) return Status::error("expected a state of four words");
  const float start = static_cast<float>(low), span = static_cast<float>(high - low);
  const uint32_t words[4] = {state.data[0], state.data[1], state.data[2], state.data[3]};
  splitElements(static_cast<int64_t>(y.length), weightOfElement, [&](int64_t first, int64_t n) {
    kernels().uniform(y.data + first, static_cast<uint64_t>(first), n, start, span, words);
  });
  return Status::ok();
}

}  // namespace myelin::ops
