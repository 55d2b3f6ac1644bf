#include "decode.h"

#include <math.h>
#include <stdio.h>

#include "../runtime/calls.h"

namespace myelin {
namespace {

// Where an array without elements points: a null pointer means "absent" (Opt).
alignas(64) char nothing[64];

constexpr double largestExact = 9007199254740992.0;  // 2^53

// Where an array lies, and what it is: an argument, or (element >= 0) an element of one.
struct Span {
  const char* begin;
  const char* end;
  int argument, element;
};

// "argument 3", "argument 3 [1]".
struct Place {
  char text[48];
  Place(int argument, int element) {
    if (element < 0) snprintf(text, sizeof text, "argument %d", argument + 1);
    else snprintf(text, sizeof text, "argument %d [%d]", argument + 1, element);
  }
};

struct Decoder {
  napi_env env;
  const Op& op;
  const napi_value* values;
  Slot8* slots;
  int spanCount = 0;
  Span spans[maxArrays];
  napi_value elements[maxArrays];  // of all lists, one after the other
  const napi_value* element = elements;

  Decoder(napi_env env, const Op& op, const napi_value* values, Slot8* slots) : env(env), op(op), values(values), slots(slots) {}

  bool fail(int i, const char* expected) const { return fail(values[i], i, -1, expected); }
  bool fail(napi_value value, int i, int at, const char* expected) const {
    char received[64], text[256];
    describe(env, value, received, sizeof received);
    snprintf(text, sizeof text, "%s: expected %s, received %s", Place(i, at).text, expected, received);
    throwType(env, op.name, text);
    return false;
  }

  bool isAbsent(napi_value value) const {
    napi_valuetype kind;
    return napi_typeof(env, value, &kind) == napi_ok && (kind == napi_null || kind == napi_undefined);
  }

  // One array: pointer and length to s[0] and s[1], the type to s[2] where any is allowed.
  bool array(napi_value value, int i, int at, const Param& param, Slot8* s) {
    napi_typedarray_type type;
    size_t length;
    void* data;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) {
      if (!param.optional || !isAbsent(value)) return fail(value, i, at, elementName(param.element));
      s[0].pointer = nullptr;
      s[1].integer = 0;
      return true;
    }
    Element found;
    size_t size;
    Type anyType;
    switch (type) {
      case napi_float32_array: found = Element::f32, size = 4, anyType = Type::f32; break;
      case napi_float64_array: found = Element::f64, size = 8, anyType = Type::f64; break;
      case napi_int32_array: found = Element::i32, size = 4, anyType = Type::i32; break;
      case napi_uint8_array: found = Element::u8, size = 1, anyType = Type::u8; break;
      case napi_uint32_array: found = Element::u32, size = 4, anyType = Type::u8; break;
      default: return fail(value, i, at, elementName(param.element));
    }
    if (param.element == Element::any) {
      if (found == Element::u32) return fail(value, i, at, elementName(param.element));
      s[2].integer = int64_t(anyType);
    } else if (found != param.element) {
      return fail(value, i, at, elementName(param.element));
    }
    if (length == 0 || data == nullptr) length = 0, data = nothing;
    s[0].pointer = data;
    s[1].integer = int64_t(length);
    spans[spanCount++] = {static_cast<const char*>(data), static_cast<const char*>(data) + length * size, i, at};
    return true;
  }

  // The elements of all lists, which may run code of the user.
  bool readLists() {
    napi_value* out = elements;
    for (int i = 0; i < op.paramCount; i++) {
      const Param& param = op.params[i];
      if (param.kind != Kind::list) continue;
      bool isArray;
      uint32_t length;
      if (napi_is_array(env, values[i], &isArray) != napi_ok || !isArray) return fail(i, "an array of arrays");
      if (napi_get_array_length(env, values[i], &length) != napi_ok || length > param.capacity)
        return fail(i, "an array of no more arrays than the kernel takes");
      slots[param.first].integer = int64_t(length);
      for (uint32_t at = 0; at < length; at++)
        if (napi_get_element(env, values[i], at, out++) != napi_ok) return false;
    }
    return true;
  }

  bool list(int i, const Param& param) {
    Slot8* s = slots + param.first;
    for (int at = 0; at < int(s->integer); at++)
      if (!array(*element++, i, at, param, s + 1 + 2 * at)) return false;
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
      case Kind::array: return array(values[i], i, -1, param, slots + param.first);
      case Kind::list: return list(i, param);
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
    for (int w = 0; w < spanCount; w++) {
      const Span& written = spans[w];
      const Access access = op.params[written.argument].access;
      if (access == Access::in || written.begin == written.end) continue;
      for (int o = 0; o < spanCount; o++) {
        const Span& other = spans[o];
        if (o == w || other.begin == other.end || written.begin >= other.end || other.begin >= written.end) continue;
        const bool same = written.begin == other.begin && written.end == other.end;
        if (same && access == Access::outOver && op.params[other.argument].access == Access::in) continue;
        char text[192];
        snprintf(text, sizeof text, "%s: expected memory apart from %s, received overlapping arrays",
                 Place(written.argument, written.element).text, Place(other.argument, other.element).text);
        throwRange(env, invalidArgument, op.name, text);
        return true;
      }
    }
    return false;
  }

  bool all() {
    if (!readLists()) return false;
    for (int i = 0; i < op.paramCount; i++)
      if (!one(i, op.params[i])) return false;
    return !overlapsRefused();
  }
};

}  // namespace

bool decode(napi_env env, const Op& op, const napi_value* values, Slot8* slots) {
  return Decoder(env, op, values, slots).all();
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
