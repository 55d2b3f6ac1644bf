// Exceptions that the addon throws. On its own it throws TypeError and RangeError with a `code`; the library hands it a function
// that makes its own classes instead, so that no call has to be wrapped.
#pragma once
#include <node_api.h>

namespace myelin {

constexpr const char* invalidArgument = "ERR_INVALID_ARGUMENT";  // the binding refused an argument
constexpr const char* kernelRefused = "ERR_KERNEL";              // the op found that numbers, lengths and data disagree

// Throw an error with `code`, message "[where] text"; the answer is nullptr, for a callback to return.
napi_value throwType(napi_env env, const char* where, const char* text);
napi_value throwRange(napi_env env, const char* code, const char* where, const char* text);

// From now on, in this environment, errors are what make(code, message) returns.
bool setErrorFactory(napi_env env, napi_value make);

// A few words about a value, for an error message.
void describe(napi_env env, napi_value value, char* text, size_t size);

}  // namespace myelin
