#pragma once
#include <napi.h>

namespace myelin {

// info, setIsa, setThreads, setErrorFactory, alignOffset, scratchPeak, resetScratchPeak
void exportControl(Napi::Env env, Napi::Object exports);

// kernels: what each op takes. codes: the names behind the integers that some ops take.
void exportMetadata(Napi::Env env, Napi::Object exports);

}  // namespace myelin
