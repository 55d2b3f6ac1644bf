// The gradient to an input of few channels, such as an image.
#pragma once
#include "conv_geometry.h"

namespace myelin::ops {

// Whether a geometry is better served so than by passes over the input, whose tiles would be as narrow as its channels.
bool scatters(const ConvGeometry& g);

Status convScatter(const ConvGeometry& g, const float* dy, const float* w, float* dx);

}  // namespace myelin::ops
