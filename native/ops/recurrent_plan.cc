#include "recurrent_plan.h"

#include <string.h>

#include <algorithm>

#include "conv_geometry.h"
#include "split.h"

namespace myelin::ops {
namespace {

Status badArray() { return Status::error("expected weights, biases, states and masks of the sizes that the geometry asks for"); }

template <class List> bool holds(const List& list, int i, std::initializer_list<int64_t> sizes) {
  return !list[i] || fits(sizes, list[i].length);
}

}  // namespace

Status readRecurrent(int32_t cell, const Dims& geometry, RecurrentShape& shape) {
  if (cell < 0 || cell >= int32_t(RecurrentCell::count)) return Status::error("expected the name of a recurrent cell");
  if (geometry.count != 7) return Status::error("expected a geometry of 7 numbers");
  for (int i = 0; i < 7; i++)
    if (geometry[i] < 0) return Status::error("expected a geometry without negative numbers");
  shape.cell = RecurrentCell(cell);
  shape.batch = geometry[0], shape.steps = geometry[1], shape.in = geometry[2], shape.units = geometry[3], shape.out = geometry[4];
  shape.directions = geometry[5], shape.reverse = geometry[6] != 0;
  shape.gates = shape.isLstm() ? 4 : shape.isGru() || shape.isResetBefore() ? 3 : 1;
  shape.keptGates = shape.isLstm() ? 5 : shape.isGru() ? 4 : shape.isResetBefore() ? 3 : 0;
  if ((shape.units == 0) != (shape.out == 0)) return Status::error("expected units and a state, or neither");
  if (shape.directions < 1 || shape.directions > recurrentDirections) return Status::error("expected one direction or two");
  if (geometry[6] > 1 || (shape.reverse && shape.directions > 1)) return Status::error("expected reverse of 0, or 1 with one direction");
  return Status::ok();
}

Status readWeights(const RecurrentIns& arrays, RecurrentShape& shape, RecurrentWeights (&weights)[recurrentDirections]) {
  if (arrays.count != recurrentArrays * shape.directions) return Status::error("expected nine arrays for each direction");
  const int64_t columns = shape.columns();
  for (int d = 0; d < shape.directions; d++) {
    const int at = d * recurrentArrays;
    if (!arrays[at] || !arrays[at + 1]) return Status::error("expected weights of input and state, received null");
    const bool sizes = holds(arrays, at, {shape.in, columns}) && holds(arrays, at + 1, {shape.out, columns}) &&
                       holds(arrays, at + 2, {columns}) && holds(arrays, at + 3, {columns}) && holds(arrays, at + 4, {3, shape.units}) &&
                       holds(arrays, at + 5, {shape.units, shape.out}) && holds(arrays, at + 6, {shape.batch, shape.out}) &&
                       holds(arrays, at + 7, {shape.batch, shape.units}) && holds(arrays, at + 8, {shape.batch, shape.out});
    if (!sizes) return badArray();
    if (!shape.isLstm() && (arrays[at + 4] || arrays[at + 5] || arrays[at + 7]))
      return Status::error("expected peephole, projection and c0 of an lstm only");
    const bool projected = bool(arrays[at + 5]);
    if (d > 0 && projected != shape.projected) return Status::error("expected a projection in both directions or in none");
    shape.projected = projected;
    weights[d] = {arrays[at].data,     arrays[at + 1].data, arrays[at + 2].data, arrays[at + 3].data, arrays[at + 4].data,
                  arrays[at + 5].data, arrays[at + 6].data, arrays[at + 7].data, arrays[at + 8].data};
  }
  if (!shape.projected && shape.out != shape.units) return Status::error("expected out to be units, without a projection");
  return Status::ok();
}

Status checkLengths(const RecurrentShape& shape, const Opt<In<int32_t>>& lengths) {
  if (!lengths) return Status::ok();
  if (int64_t(lengths.length) != shape.batch) return Status::error("expected as many lengths as rows");
  for (int64_t b = 0; b < shape.batch; b++)
    if (lengths.data[b] < 0 || lengths.data[b] > shape.steps) return Status::error("expected lengths from 0 to steps");
  return Status::ok();
}

int64_t recurrentKept(const RecurrentShape& shape) {
  constexpr int64_t most = int64_t(1) << 50;
  const int64_t size = elements({shape.directions, shape.batch, shape.steps, shape.units, shape.keptGates});
  return size > most ? -1 : size;
}

void RecurrentRows::carve(Carver& carver, const RecurrentShape& shape) {
  row = carver.take<int32_t>(shape.batch);
  length = carver.take<int32_t>(shape.batch);
  active = carver.take<int32_t>(shape.steps + 1);
  offset = carver.take<int64_t>(shape.steps + 1);
}

void RecurrentRows::fill(const RecurrentShape& shape, const int32_t* lengths) {
  const int32_t steps = int32_t(shape.steps), batch = int32_t(shape.batch);
  if (lengths == nullptr) {
    for (int32_t b = 0; b < batch; b++) row[b] = b, length[b] = steps;
    std::fill_n(active, steps, batch);
    active[steps] = 0;
  } else {
    // Sorted by counting: active[n] first counts the rows of length n, then those that are longer, which is where these begin.
    std::fill_n(active, steps + 1, 0);
    int32_t* const read = row;
    for (int32_t b = 0; b < batch; b++) {
      read[b] = std::clamp(lengths[b], 0, steps);
      active[read[b]]++;
    }
    for (int32_t n = steps, longer = 0; n >= 0; n--) {
      const int32_t here = active[n];
      active[n] = longer;
      longer += here;
    }
    for (int32_t b = 0; b < batch; b++) length[b] = read[b];
    // offset serves as the next free position of each length.
    std::copy_n(active, steps + 1, offset);
    for (int32_t b = 0; b < batch; b++) row[offset[length[b]]++] = b;
    for (int32_t n = steps; n >= 0; n--) std::fill(length + active[n], length + (n > 0 ? active[n - 1] : batch), n);
  }
  offset[0] = 0;
  for (int32_t s = 0; s < steps; s++) offset[s + 1] = offset[s] + active[s];
}

void gatherStates(const RecurrentRows& rows, int64_t count, const float* from, int64_t width, float* to, int64_t stride) {
  for (int64_t p = 0; p < count; p++) {
    if (from == nullptr) std::fill_n(to + p * stride, width, 0.0f);
    else std::copy_n(from + rows.row[p] * width, width, to + p * stride);
  }
}

void scatterStates(const RecurrentRows& rows, int64_t count, const float* from, int64_t width, float* to) {
  for (int64_t p = 0; p < count; p++) memcpy(to + rows.row[p] * width, from + p * width, size_t(width) * sizeof(float));
}

namespace {

// visit(slot from the first one, position, step) for all slots of the steps [first, end), each `width` floats' work.
template <class Visit>
void eachSlot(const RecurrentRows& rows, int64_t first, int64_t end, int64_t width, Visit&& visit) {
  const int64_t base = rows.offset[first];
  splitElements(rows.offset[end] - base, std::max<int64_t>(1, width), [&](int64_t start, int64_t count) {
    int64_t s = std::upper_bound(rows.offset + first, rows.offset + end, base + start) - rows.offset - 1;
    for (int64_t slot = start; slot < start + count; slot++) {
      while (base + slot >= rows.offset[s + 1]) s++;
      visit(slot, base + slot - rows.offset[s], s);
    }
  });
}

}  // namespace

void gatherSteps(const RecurrentShape& shape, const RecurrentRows& rows, const float* x, int64_t first, int64_t end, bool backwards,
                 float* to, int64_t stride) {
  const int64_t width = shape.in;
  eachSlot(rows, first, end, width, [&](int64_t slot, int64_t p, int64_t s) {
    std::copy_n(x + (rows.row[p] * shape.steps + rows.time(p, s, backwards)) * width, width, to + slot * stride);
  });
}

void scatterSteps(const RecurrentShape& shape, const RecurrentRows& rows, const float* from, int64_t first, int64_t end, bool backwards,
                  float* dx, bool add) {
  const int64_t width = shape.in;
  eachSlot(rows, first, end, width, [&](int64_t slot, int64_t p, int64_t s) {
    float* const to = dx + (rows.row[p] * shape.steps + rows.time(p, s, backwards)) * width;
    const float* const row = from + slot * width;
    if (!add) std::copy_n(row, width, to);
    for (int64_t i = 0; add && i < width; i++) to[i] += row[i];
  });
}

void gatherBefore(const RecurrentShape& shape, const RecurrentRows& rows, const float* y, const float* h0, int64_t first, int64_t end,
                  bool backwards, float* to, int64_t stride) {
  const int64_t width = shape.out;
  eachSlot(rows, first, end, width, [&](int64_t slot, int64_t p, int64_t s) {
    const float* from = h0 + p * width;
    if (s > 0) from = y + (rows.row[p] * shape.steps + rows.time(p, s - 1, backwards)) * shape.directions * width;
    std::copy_n(from, width, to + slot * stride);
  });
}

}  // namespace myelin::ops
