// A product, or a batch of them, on all threads.
#pragma once
#include "../runtime/args.h"
#include "gemm_product.h"

namespace myelin::ops {

struct GemmBatch {
  int64_t count, strideA, strideB, strideC;
};

Status gemmRun(const GemmProduct& p, const GemmBatch& batch);

// Panels of all columns and all of k: n rounded up to 16, times k floats.
void gemmPackAll(const GemmProduct& p, float* out);

}  // namespace myelin::ops
