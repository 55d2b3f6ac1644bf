// What the addon tells about itself and lets be set: everything but the kernel calls.
#include "control.h"

#include <string>

#include "../runtime/cpu.h"
#include "../runtime/dispatch.h"
#include "../runtime/pages.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "errors.h"

#if defined(__clang__)
#define MYELIN_COMPILER "clang " __clang_version__
#else
#define MYELIN_COMPILER "gcc " __VERSION__
#endif

namespace myelin {
namespace {

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Napi::Array compiled = Napi::Array::New(env), present = Napi::Array::New(env);
  for (int i = 0; i < isaCount(); i++) {
    compiled.Set(compiled.Length(), isaName(i));
    if (isaPresent(i)) present.Set(present.Length(), isaName(i));
  }
  Napi::Object isa = Napi::Object::New(env);
  isa.Set("compiled", compiled);
  isa.Set("present", present);
  isa.Set("chosen", kernels().isa);
  Napi::Object result = Napi::Object::New(env);
  result.Set("isa", isa);
  result.Set("threads", threadCount());
  result.Set("threadsSource", threadCountSource());
  result.Set("cpu", cpuModel());
  result.Set("compiler", MYELIN_COMPILER);
  return result;
}

// "expected ..., received ..." about the first argument.
void refuse(const Napi::CallbackInfo& call, const char* where, const std::string& expected) {
  char received[96];
  describe(call.Env(), call[0], received, sizeof received);
  throwRange(call.Env(), invalidArgument, where, ("expected " + expected + ", received " + received).c_str());
}

void setIsaFrom(const Napi::CallbackInfo& call) {
  if (call[0].IsString() && setIsa(call[0].As<Napi::String>().Utf8Value().c_str())) return;
  std::string names;
  for (int i = 0; i < isaCount(); i++)
    if (isaPresent(i)) names += (names.empty() ? "one of " : ", ") + std::string(isaName(i));
  refuse(call, "setIsa", names);
}

void setThreadsFrom(const Napi::CallbackInfo& call) {
  const double n = call[0].IsNumber() ? call[0].As<Napi::Number>().DoubleValue() : 0;
  const bool inRange = n >= 1 && n <= maxThreads && n == double(int64_t(n));
  if (!inRange || !setThreadCount(int64_t(n))) refuse(call, "setThreads", "an integer from 1 to " + std::to_string(maxThreads));
}

// Bytes to skip from the start of a buffer until an address is aligned to 64.
Napi::Value alignOffset(const Napi::CallbackInfo& call) {
  if (!call[0].IsArrayBuffer()) {
    throwType(call.Env(), "alignOffset", "expected an ArrayBuffer, received something else");
    return Napi::Value();
  }
  Napi::ArrayBuffer buffer = call[0].As<Napi::ArrayBuffer>();
  wantLargePages(buffer.Data(), buffer.ByteLength());
  const uintptr_t address = reinterpret_cast<uintptr_t>(buffer.Data());
  return Napi::Number::New(call.Env(), double(-address % 64));
}

Napi::Value scratchPeak(const Napi::CallbackInfo& call) { return Napi::Number::New(call.Env(), double(scratchPeakBytes())); }

void setErrorFactoryFrom(const Napi::CallbackInfo& call) {
  if (!call[0].IsFunction() || !setErrorFactory(call.Env(), call[0])) refuse(call, "setErrorFactory", "a function");
}

void resetPeak(const Napi::CallbackInfo&) { resetScratchPeak(); }

}  // namespace

void exportControl(Napi::Env env, Napi::Object exports) {
  exports.Set("info", Napi::Function::New(env, info, "info"));
  exports.Set("setIsa", Napi::Function::New(env, setIsaFrom, "setIsa"));
  exports.Set("setThreads", Napi::Function::New(env, setThreadsFrom, "setThreads"));
  exports.Set("setErrorFactory", Napi::Function::New(env, setErrorFactoryFrom, "setErrorFactory"));
  exports.Set("alignOffset", Napi::Function::New(env, alignOffset, "alignOffset"));
  exports.Set("scratchPeak", Napi::Function::New(env, scratchPeak, "scratchPeak"));
  exports.Set("resetScratchPeak", Napi::Function::New(env, resetPeak, "resetScratchPeak"));
}

}  // namespace myelin
