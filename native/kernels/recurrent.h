// What the drivers in ops/recurrent*.cc and the cells of each instruction set (recurrent-inl.h) agree on.
#pragma once
#include <stdint.h>

namespace myelin {

// The parts of a step between two products. Each cell has one, but for
//   gruResetBefore: the gates r and z first, then (after the product with r * h) n and h';
//   lstm with a projection: the cell, whose h' is multiplied by P, then `carry`.
enum RecurrentPart : int32_t { partTanh, partRelu, partLstm, partGru, partResetGates, partResetRest, partCarry };

// One block of rows x units of a step. All pointers stand at its first row and unit; a matrix X has rows strideX apart, the gates of
// one row gateX. What a part does not use is ignored, and whatever is marked ? may be null. y and what belongs to it are addressed by
// the row: row r starts at y + rowsY[r].
struct RecurrentForward {
  int32_t part, rows, units;
  float* z;             // pre-activations; partResetGates leaves z in the second
  int64_t strideZ, gateZ;
  const float* inner;      // partGru: the sum with h of the gate n
  const float* innerBias;  // ? of that sum
  int64_t strideInner;
  const float* peephole;  // ? [3, units], gatePeephole apart
  int64_t gatePeephole;
  float* c;  // partLstm: c, then c'
  int64_t strideC;
  const float* h;      // before the step (partGru, partResetRest)
  const float* before; // h times mask (partResetGates)
  float* next;         // h'; partResetGates: r * h; partCarry: read
  float* seen;         // ? h' * mask
  const float* mask;   // with seen
  int64_t strideH;
  float* kept;  // ? what the way back needs: partLstm i, f, g, o, c'; partGru r, z, n, inner; partResetGates r, z; partResetRest n
  int64_t strideKept, gateKept;
  float* y;  // ? h' again
  const int64_t* rowsY;
};

// The way back over the same block. The gradient of h' is made of what came back and of dy:
//   dh = past + mask * (product + reset) + dy     each ? and 0 where null, rounded before dy is added
struct RecurrentBackward {
  int32_t part, rows, units;
  const float* product;  // ? the gradients of the pre-activations of the step after, times the transposed R
  int64_t strideProduct;
  const float* past;
  const float* reset;  // ? gruResetBefore: of r * h, times r
  const float* mask;
  float* carried;  // partGru, partResetRest: receives z * dh, the next past; partCarry: dh. May be past.
  int64_t strideH;
  const float* dy;
  const float* y;  // partTanh, partRelu: h'
  const int64_t* rowsY;
  const float* kept;
  int64_t strideKept, gateKept;
  const float* cBefore;  // c of the step before
  int64_t strideCBefore;
  float* dc;  // of c', then of c
  int64_t strideC;
  const float* peephole;
  int64_t gatePeephole;
  const float* h;  // before the step; partResetGates: times mask
  int64_t strideBefore;
  float* dreset;  // partResetGates: receives the next `reset`; the product is that of r * h
  float* hidden;  // ? receives what the step multiplied by P or R: partLstm o * tanh(c'), partResetGates r * h * mask
  int64_t strideHidden;
  float* dz;      // of the pre-activations: partGru n, r, z, inner (so that what meets x and what meets h are three in a row each)
  int64_t strideDz, gateDz;
};

}  // namespace myelin
