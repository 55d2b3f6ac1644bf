// The addon as a Node environment sees it. It keeps no state per environment, so it loads in any number of worker threads; what
// is shared by the process (chosen kernels, number of threads) lies in runtime/.
#include "../runtime/dispatch.h"
#include "control.h"
#include "decode.h"

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  using namespace myelin;
  if (const char* problem = startRuntime()) {
    napi_throw_range_error(env, invalidArgument, problem);
    return exports;
  }
  for (int i = 0; i < opCount; i++) {
    const Op& op = opTable[i];
    napi_value function;
    if (napi_create_function(env, op.name, NAPI_AUTO_LENGTH, callOp, const_cast<Op*>(&op), &function) != napi_ok) return exports;
    if (napi_set_named_property(env, exports, op.name, function) != napi_ok) return exports;
  }
  exportControl(env, exports);
  exportMetadata(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(myelin, initialise)
