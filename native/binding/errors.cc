#include "errors.h"

#include <stdio.h>

#include <new>

namespace myelin {
namespace {

using Throw = napi_status (*)(napi_env, const char* code, const char* message);

// The error of the library's own class, if it has set a factory and that one answers.
bool throwOwn(napi_env env, const char* code, const char* message) {
  void* data = nullptr;
  napi_value make, global, error, arguments[2];
  if (napi_get_instance_data(env, &data) != napi_ok || data == nullptr) return false;
  if (napi_get_reference_value(env, *static_cast<napi_ref*>(data), &make) != napi_ok || make == nullptr) return false;
  if (napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &arguments[0]) != napi_ok) return false;
  if (napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &arguments[1]) != napi_ok) return false;
  if (napi_get_global(env, &global) != napi_ok) return false;
  const napi_status status = napi_call_function(env, global, make, 2, arguments, &error);
  if (status == napi_pending_exception) return true;
  return status == napi_ok && napi_throw(env, error) == napi_ok;
}

napi_value raise(napi_env env, Throw otherwise, const char* code, const char* where, const char* text) {
  char message[320];
  snprintf(message, sizeof message, "[%s] %s", where, text);
  if (!throwOwn(env, code, message)) otherwise(env, code, message);
  return nullptr;
}

}  // namespace

napi_value throwType(napi_env env, const char* where, const char* text) {
  return raise(env, napi_throw_type_error, invalidArgument, where, text);
}

napi_value throwRange(napi_env env, const char* code, const char* where, const char* text) {
  return raise(env, napi_throw_range_error, code, where, text);
}

bool setErrorFactory(napi_env env, napi_value make) {
  void* data = nullptr;
  if (napi_get_instance_data(env, &data) != napi_ok) return false;
  napi_ref* reference = static_cast<napi_ref*>(data);
  if (reference != nullptr) {
    napi_delete_reference(env, *reference);
  } else {
    reference = new (std::nothrow) napi_ref();
    if (reference == nullptr) return false;
    const auto release = [](napi_env, void* held, void*) { delete static_cast<napi_ref*>(held); };
    if (napi_set_instance_data(env, reference, release, nullptr) != napi_ok) return false;
  }
  return napi_create_reference(env, make, 1, reference) == napi_ok;
}

void describe(napi_env env, napi_value value, char* text, size_t size) {
  napi_typedarray_type type;
  size_t length;
  if (napi_get_typedarray_info(env, value, &type, &length, nullptr, nullptr, nullptr) == napi_ok) {
    static const char* const names[] = {"Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array",
                                        "Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"};
    const bool known = size_t(type) < sizeof names / sizeof *names;
    snprintf(text, size, "%s of %zu", known ? names[type] : "another typed array", length);
    return;
  }
  double number;
  if (napi_get_value_double(env, value, &number) == napi_ok) {
    snprintf(text, size, "%.17g", number);
    return;
  }
  char characters[49];
  if (napi_get_value_string_utf8(env, value, characters, sizeof characters, &length) == napi_ok) {
    snprintf(text, size, "'%s'", characters);
    return;
  }
  static const char* const kinds[] = {"undefined", "null", "a boolean", "a number", "a string",
                                      "a symbol", "an object", "a function", "an external", "a bigint"};
  napi_valuetype kind = napi_object;
  napi_typeof(env, value, &kind);
  snprintf(text, size, "%s", kinds[kind]);
}

}  // namespace myelin
