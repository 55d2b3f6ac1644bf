#include "decode.h"

#include <math.h>
#include <stdio.h>

#include "../runtime/calls.h"

namespace myelin {
namespace {

// Where an array without elements points: a null pointer means "absent" (Opt).
alignas(64) char nothing[64];

constexpr double largestExact = 9007199254740992.0;  // 2^53

struct Span {
  const char* begin;
  const char* end;
};

struct Decoder {
  napi_env env;
  const Op& op;
  const napi_value* values;
  Slot8* slots;
  Span spans[maxParams];

  bool fail(int i, const char* expected) const {
    char received[64], text[256];
    describe(env, values[i], received, sizeof received);
    snprintf(text, sizeof text, "argument %d: expected %s, received %s", i + 1, expected, received);
    throwType(env, op.name, text);
    return false;
  }

  bool isAbsent(napi_value value) const {
    napi_valuetype kind;
    return napi_typeof(env, value, &kind) == napi_ok && (kind == napi_null || kind == napi_undefined);
  }

  bool array(int i, const Param& param) {
    napi_typedarray_type type;
    size_t length;
    void* data;
    Slot8* s = slots + param.first;
    if (napi_get_typedarray_info(env, values[i], &type, &length, &data, nullptr, nullptr) != napi_ok) {
      if (!param.optional || !isAbsent(values[i])) return fail(i, elementName(param.element));
      s[0].pointer = nullptr;
      s[1].integer = 0;
      spans[i] = {nullptr, nullptr};
      return true;
    }
    Element element;
    size_t size;
    Type anyType;
    switch (type) {
      case napi_float32_array: element = Element::f32, size = 4, anyType = Type::f32; break;
      case napi_float64_array: element = Element::f64, size = 8, anyType = Type::f64; break;
      case napi_int32_array: element = Element::i32, size = 4, anyType = Type::i32; break;
      case napi_uint8_array: element = Element::u8, size = 1, anyType = Type::u8; break;
      case napi_uint32_array: element = Element::u32, size = 4, anyType = Type::u8; break;
      default: return fail(i, elementName(param.element));
    }
    if (param.element == Element::any) {
      if (element == Element::u32) return fail(i, elementName(param.element));
      s[2].integer = int64_t(anyType);
    } else if (element != param.element) {
      return fail(i, elementName(param.element));
    }
    if (length == 0 || data == nullptr) length = 0, data = nothing;
    s[0].pointer = data;
    s[1].integer = int64_t(length);
    spans[i] = {static_cast<const char*>(data), static_cast<const char*>(data) + length * size};
    return true;
  }

  bool dims(int i, const Param& param) {
    napi_typedarray_type type;
    size_t length;
    void* data;
    const napi_status status = napi_get_typedarray_info(env, values[i], &type, &length, &data, nullptr, nullptr);
    if (status != napi_ok || type != napi_int32_array || length > size_t(Dims::capacity)) return fail(i, "Int32Array of at most 32");
    Dims copied;
    copied.count = data == nullptr ? 0 : int32_t(length);
    memset(copied.values, 0, sizeof copied.values);
    if (copied.count > 0) memcpy(copied.values, data, length * sizeof(int32_t));
    memcpy(slots + param.first, &copied, sizeof copied);
    return true;
  }

  bool integer(int i, const Param& param, double low, double high, const char* expected) {
    double number;
    if (napi_get_value_double(env, values[i], &number) != napi_ok) return fail(i, expected);
    if (!(number >= low && number <= high) || number != trunc(number)) return fail(i, expected);
    slots[param.first].integer = int64_t(number);
    return true;
  }

  bool one(int i, const Param& param) {
    switch (param.kind) {
      case Kind::array: return array(i, param);
      case Kind::dims: return dims(i, param);
      case Kind::integer: return integer(i, param, -largestExact, largestExact, "an integer from -2^53 to 2^53");
      case Kind::index: return integer(i, param, 0, 2147483647, "an integer from 0 to 2^31 - 1");
      case Kind::number:
        return napi_get_value_double(env, values[i], &slots[param.first].number) == napi_ok || fail(i, "a number");
      case Kind::boolean: {
        bool value;
        if (napi_get_value_bool(env, values[i], &value) != napi_ok) return fail(i, "a boolean");
        slots[param.first].integer = value;
        return true;
      }
    }
    return false;
  }

  // A written array may share memory with no other argument; one marked outOver may be exactly one of those that are only read.
  bool overlapsRefused() const {
    for (int w = 0; w < op.paramCount; w++) {
      if (op.params[w].kind != Kind::array || op.params[w].access == Access::in) continue;
      for (int o = 0; o < op.paramCount; o++) {
        const Param& other = op.params[o];
        if (o == w || other.kind != Kind::array) continue;
        if (spans[w].begin >= spans[o].end || spans[o].begin >= spans[w].end) continue;
        if (spans[w].begin == spans[w].end || spans[o].begin == spans[o].end) continue;
        const bool same = spans[w].begin == spans[o].begin && spans[w].end == spans[o].end;
        if (same && op.params[w].access == Access::outOver && other.access == Access::in) continue;
        char text[128];
        snprintf(text, sizeof text, "argument %d: expected memory apart from argument %d, received overlapping arrays", w + 1, o + 1);
        throwRange(env, invalidArgument, op.name, text);
        return true;
      }
    }
    return false;
  }

  bool all() {
    for (int i = 0; i < op.paramCount; i++)
      if (!one(i, op.params[i])) return false;
    return !overlapsRefused();
  }
};

}  // namespace

bool decode(napi_env env, const Op& op, const napi_value* values, Slot8* slots) {
  Decoder decoder{env, op, values, slots, {}};
  return decoder.all();
}

napi_value callOp(napi_env env, napi_callback_info info) {
  napi_value values[maxParams];
  size_t count = maxParams;
  void* data;
  if (napi_get_cb_info(env, info, &count, values, nullptr, &data) != napi_ok) return nullptr;
  const Op& op = *static_cast<const Op*>(data);
  if (count != size_t(op.paramCount)) {
    char text[96];
    snprintf(text, sizeof text, "expected %d arguments, received %zu", op.paramCount, count);
    return throwType(env, op.name, text);
  }
  Slot8 slots[maxSlots];
  if (!decode(env, op, values, slots)) return nullptr;
  if (op.returnsSize) {
    int64_t size;
    {
      const Call call;
      size = op.size(slots);
    }
    if (size < 0) return throwRange(env, kernelRefused, op.name, "expected sizes that a packed array can have, received others");
    napi_value result;
    return napi_create_int64(env, size, &result) == napi_ok ? result : nullptr;
  }
  Status status = Status::ok();
  {
    const Call call;
    status = op.run(slots);
  }
  return status.failed() ? throwRange(env, kernelRefused, op.name, status.text) : nullptr;
}

const char* elementName(Element element) {
  switch (element) {
    case Element::none: break;
    case Element::f32: return "Float32Array";
    case Element::f64: return "Float64Array";
    case Element::i32: return "Int32Array";
    case Element::u8: return "Uint8Array";
    case Element::u32: return "Uint32Array";
    case Element::any: return "Float32Array, Float64Array, Int32Array or Uint8Array";
  }
  return "";
}

}  // namespace myelin
