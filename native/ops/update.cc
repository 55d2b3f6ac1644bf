// Optimizer steps: checks, and the split over the threads.
#include "ops.h"

#include "../runtime/dispatch.h"
#include "split.h"

namespace myelin::ops {
namespace {

struct Rule {
  int needed, more;
  size_t own;
};

constexpr Rule rules[] = {
#define UPDATE(name, needed, more, own) {needed, more, own},
#include "../kernels/update.def"
#undef UPDATE
};

// Scale and limit of the gradient, decay, shrink.
constexpr size_t commonHyper = 4;
// What a step costs, in elements of a plain copy.
constexpr int64_t weight = 4;

}  // namespace

Status update(int32_t op, InOut<float> param, In<float> grad, Opt<InOut<float>> a, Opt<InOut<float>> b, Opt<InOut<float>> c,
              In<double> hyper) {
  if (op < 0 || op >= static_cast<int32_t>(sizeof rules / sizeof *rules)) return Status::error("expected the name of an update");
  const Rule& rule = rules[op];
  if (hyper.length != commonHyper + rule.own) return Status::error("expected as many hyper-parameters as the update has");
  if (grad.length != param.length) return Status::error("expected param and grad of one length");
  const Opt<InOut<float>>* const kept[] = {&a, &b, &c};
  for (int i = 0; i < 3; i++) {
    if (*kept[i] ? i >= rule.needed + rule.more : i < rule.needed) return Status::error("expected the arrays that the update keeps");
    if (*kept[i] && kept[i]->length != param.length) return Status::error("expected kept arrays of the length of param");
  }
  splitElements(static_cast<int64_t>(param.length), weight, [&](int64_t first, int64_t n) {
    float* const from[] = {a ? a.data + first : nullptr, b ? b.data + first : nullptr, c ? c.data + first : nullptr};
    kernels().update(op, param.data + first, grad.data + first, from, n, hyper.data);
  });
  return Status::ok();
}

}  // namespace myelin::ops
