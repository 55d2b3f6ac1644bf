// From JavaScript values to the slots of a record. The elements of lists are read first, since that may run user code (a getter);
// nothing after it does (no coercion, no property reads), so no array can change between its check and the end of the call.
#pragma once
#include <node_api.h>

#include "errors.h"
#include "record.h"

namespace myelin {

// Fills op.slotCount slots from op.paramCount values. On failure a JavaScript exception is pending.
bool decode(napi_env env, const Op& op, const napi_value* values, Slot8* slots);

// The Node callback of every op; its data is the Op.
napi_value callOp(napi_env env, napi_callback_info info);

const char* elementName(Element element);

}  // namespace myelin
