#include <iterator>

#include "../ops/ops.h"
#include "../ops/recurrent_plan.h"
#include "control.h"
#include "decode.h"

namespace myelin {
namespace {

#define NAME(name) #name,
constexpr const char* compareOps[] = {MYELIN_COMPARE_OPS(NAME)};
constexpr const char* reduceOps[] = {MYELIN_REDUCE_OPS(NAME)};
constexpr const char* argReduceOps[] = {MYELIN_ARG_REDUCE_OPS(NAME)};
constexpr const char* activations[] = {MYELIN_ACTIVATIONS(NAME)};
constexpr const char* recurrentCells[] = {MYELIN_RECURRENT_CELLS(NAME)};
constexpr const char* convKinds[] = {MYELIN_CONV_KINDS(NAME)};
#undef NAME
#define NAME(name, text) text,
constexpr const char* convAlgorithms[] = {MYELIN_CONV_ALGORITHMS(NAME)};
#undef NAME
#define UNARY(name, value, derivative) #name,
constexpr const char* unaryOps[] = {
#include "../kernels/unary.def"
};
#undef UNARY
#define BINARY(name, value) #name,
constexpr const char* binaryOps[] = {
#include "../kernels/binary.def"
};
#undef BINARY
#define UPDATE(name, needed, more, own) #name,
constexpr const char* updateOps[] = {
#include "../kernels/update.def"
};
#undef UPDATE

const char* kindName(Kind kind) {
  switch (kind) {
    case Kind::array: return "array";
    case Kind::list: return "list";
    case Kind::dims: return "dims";
    case Kind::integer: return "integer";
    case Kind::index: return "index";
    case Kind::number: return "number";
    case Kind::boolean: return "boolean";
  }
  return "";
}

const char* accessName(Access access) {
  switch (access) {
    case Access::none: break;
    case Access::in: return "in";
    case Access::out: return "out";
    case Access::outOver: return "outOver";
    case Access::inOut: return "inOut";
  }
  return "";
}

Napi::Object describeOp(Napi::Env env, const Op& op) {
  Napi::Array params = Napi::Array::New(env, size_t(op.paramCount));
  for (int i = 0; i < op.paramCount; i++) {
    const Param& param = op.params[i];
    Napi::Object description = Napi::Object::New(env);
    description.Set("kind", kindName(param.kind));
    if (param.access != Access::none) {
      description.Set("access", accessName(param.access));
      description.Set("element", param.element == Element::any ? "any" : elementName(param.element));
      description.Set("optional", param.optional);
      if (param.kind == Kind::list) description.Set("capacity", int(param.capacity));
    }
    params.Set(uint32_t(i), description);
  }
  Napi::Object description = Napi::Object::New(env);
  description.Set("params", params);
  description.Set("returns", op.returnsSize ? "size" : "nothing");
  return description;
}

template <size_t count> Napi::Array list(Napi::Env env, const char* const (&names)[count]) {
  Napi::Array array = Napi::Array::New(env, count);
  for (size_t i = 0; i < count; i++) array.Set(uint32_t(i), names[i]);
  return array;
}

}  // namespace

void exportMetadata(Napi::Env env, Napi::Object exports) {
  Napi::Object kernels = Napi::Object::New(env);
  for (int i = 0; i < opCount; i++) kernels.Set(opTable[i].name, describeOp(env, opTable[i]));
  exports.Set("kernels", kernels);
  Napi::Object codes = Napi::Object::New(env);
  codes.Set("unary", list(env, unaryOps));
  codes.Set("binary", list(env, binaryOps));
  codes.Set("update", list(env, updateOps));
  codes.Set("compare", list(env, compareOps));
  codes.Set("reduce", list(env, reduceOps));
  codes.Set("argReduce", list(env, argReduceOps));
  codes.Set("activation", list(env, activations));
  codes.Set("recurrentCell", list(env, recurrentCells));
  codes.Set("convKind", list(env, convKinds));
  codes.Set("convAlgorithm", list(env, convAlgorithms));
  exports.Set("codes", codes);
}

}  // namespace myelin
