// Which algorithm computes a convolution. The choice hangs on the kind and the geometry alone: the same call takes the same way on
// every machine, whatever runs beside it.
#pragma once
#include "conv_geometry.h"
#include "ops.h"

namespace myelin::ops {

bool convEligible(ConvKind kind, const ConvGeometry& g, ConvAlgorithm algorithm);

// What `automatic` stands for.
ConvAlgorithm chooseConv(ConvKind kind, const ConvGeometry& g);

// The algorithm for a call that asks for `wanted`; an error if there is none such or the geometry is not eligible for it.
Status takeAlgorithm(ConvKind kind, const ConvGeometry& g, int32_t wanted, ConvAlgorithm& taken);

}  // namespace myelin::ops
