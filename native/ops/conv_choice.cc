#include "conv_choice.h"

#include "conv_winograd.h"

namespace myelin::ops {

namespace {

bool isDepthwise(const ConvGeometry& g) { return g.inGroup() == 1 && g.outGroup() == 1; }

}  // namespace

bool convEligible(ConvKind, const ConvGeometry& g, ConvAlgorithm algorithm) {
  switch (algorithm) {
    case ConvAlgorithm::gemm: return true;
    case ConvAlgorithm::direct: return isDepthwise(g);
    case ConvAlgorithm::winograd: return winogradEligible(g);
    default: return false;
  }
}

ConvAlgorithm chooseConv(ConvKind, const ConvGeometry& g) {
  if (isDepthwise(g) && g.groups > 1) return ConvAlgorithm::direct;
  return ConvAlgorithm::gemm;
}

Status takeAlgorithm(ConvKind kind, const ConvGeometry& g, int32_t wanted, ConvAlgorithm& taken) {
  if (wanted < 0 || wanted >= int32_t(ConvAlgorithm::count)) return Status::error("unknown algorithm");
  taken = ConvAlgorithm(wanted);
  if (taken == ConvAlgorithm::automatic)
    taken = chooseConv(kind, g);
  else if (!convEligible(kind, g, taken))
    return Status::error("expected an algorithm for which the geometry is eligible");
  return Status::ok();
}

int64_t convAlgorithm(int32_t kind, Dims geometry, int32_t algorithm) {
  ConvGeometry g;
  if (kind < 0 || kind >= int32_t(ConvKind::count) || algorithm < 0 || algorithm >= int32_t(ConvAlgorithm::count)) return -1;
  if (readGeometry(geometry, g).failed()) return -1;
  const ConvAlgorithm wanted = ConvAlgorithm(algorithm);
  if (wanted == ConvAlgorithm::automatic) return int64_t(chooseConv(ConvKind(kind), g));
  return int64_t(convEligible(ConvKind(kind), g, wanted) ? wanted : ConvAlgorithm::automatic);
}

}  // namespace myelin::ops
