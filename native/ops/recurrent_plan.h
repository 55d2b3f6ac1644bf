// What forward and backward of a recurrent layer share: its sizes, its arrays, the order of its rows, and where its workspace lies.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "../runtime/args.h"

namespace myelin::ops {

#define MYELIN_RECURRENT_CELLS(X) X(rnnTanh) X(rnnRelu) X(lstm) X(gru) X(gruResetBefore)
#define MYELIN_ENUMERATOR(name) name,
enum class RecurrentCell : int32_t { MYELIN_RECURRENT_CELLS(MYELIN_ENUMERATOR) count };
#undef MYELIN_ENUMERATOR

// The lists of src/backend/recurrent.ts: nine arrays a direction, of which the mask has no gradient; hN and cN; two directions at most.
constexpr int recurrentArrays = 9, recurrentGradients = 8, recurrentFinals = 2, recurrentDirections = 2;
using RecurrentIns = Ins<float, recurrentArrays * recurrentDirections>;
using RecurrentGradients = Outs<float, recurrentGradients * recurrentDirections>;

struct RecurrentShape {
  RecurrentCell cell;
  int64_t batch, steps, in, units, out, directions;
  bool reverse;
  int64_t gates;      // in the weights
  int64_t keptGates;  // units' worth of floats that a step keeps: see kernels/recurrent.h
  bool projected = false;

  int64_t columns() const { return gates * units; }
  int64_t keptWidth() const { return keptGates * units; }
  bool backwards(int direction) const { return direction == 1 || reverse; }
  bool isEmpty() const { return batch == 0 || steps == 0 || units == 0; }
  bool isLstm() const { return cell == RecurrentCell::lstm; }
  bool isGru() const { return cell == RecurrentCell::gru; }
  bool isResetBefore() const { return cell == RecurrentCell::gruResetBefore; }
};

struct RecurrentWeights {
  const float *input, *recurrent, *biasInput, *biasRecurrent, *peephole, *projection, *h0, *c0, *mask;
};

Status readRecurrent(int32_t cell, const Dims& geometry, RecurrentShape& shape);
// Finds out, too, whether the layer has a projection.
Status readWeights(const RecurrentIns& arrays, RecurrentShape& shape, RecurrentWeights (&weights)[recurrentDirections]);
// One for each row, from 0 to steps. They are read once more later, by the same thread, within the same call.
Status checkLengths(const RecurrentShape& shape, const Opt<In<int32_t>>& lengths);
// -1 where it is more than any array has.
int64_t recurrentKept(const RecurrentShape& shape);

// Hands out workspace, 64-byte aligned, and null for nothing: once to find the size, with base null, and once in earnest.
class Carver {
 public:
  explicit Carver(void* base) : base_(static_cast<char*>(base)) {}
  template <class T = float> T* take(int64_t count) {
    T* here = reinterpret_cast<T*>(base_ + used_);
    used_ += (size_t(count) * sizeof(T) + 63) / 64 * 64;
    return base_ == nullptr || count == 0 ? nullptr : here;
  }
  size_t used() const { return used_; }

 private:
  char* base_;
  size_t used_ = 0;
};

// The rows in the order of their lengths, longest first, so that those that take part in a step are the first `active[step]` of them.
// What belongs to a row at a step has a slot: offset[step] + its position. A step counts from the row's own start, which for a
// direction that runs backwards is its last valid step.
struct RecurrentRows {
  int32_t* row;     // by position
  int32_t* length;  // by position
  int32_t* active;  // [steps + 1]
  int64_t* offset;  // [steps + 1]

  void carve(Carver& carver, const RecurrentShape& shape);
  // Lengths that change meanwhile, in shared memory, are cut to [0, steps].
  void fill(const RecurrentShape& shape, const int32_t* lengths);

  int64_t time(int64_t position, int64_t step, bool backwards) const {
    return backwards ? length[position] - 1 - step : step;
  }
};

// to[position] = from[row of the position], or zeros; the rows of `to` lie `stride` apart.
void gatherStates(const RecurrentRows& rows, int64_t count, const float* from, int64_t width, float* to, int64_t stride);
void scatterStates(const RecurrentRows& rows, int64_t count, const float* from, int64_t width, float* to);

// The rows of x of steps [first, end) in the order of their slots, [slots, in], `stride` apart.
void gatherSteps(const RecurrentShape& shape, const RecurrentRows& rows, const float* x, int64_t first, int64_t end, bool backwards,
                 float* to, int64_t stride);
// The way back, to or onto rows of dx.
void scatterSteps(const RecurrentShape& shape, const RecurrentRows& rows, const float* from, int64_t first, int64_t end, bool backwards,
                  float* dx, bool add);
// h before each of the steps [first, end): rows of y of the step before, or of h0 (by position). [slots, out], `stride`
// apart.
void gatherBefore(const RecurrentShape& shape, const RecurrentRows& rows, const float* y, const float* h0, int64_t first, int64_t end,
                  bool backwards, float* to, int64_t stride);

}  // namespace myelin::ops
