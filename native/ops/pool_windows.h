// Where the windows of pooling lie, and runs of windows of an output row that lie alike.
#pragma once
#include <algorithm>

#include "../kernels/pool.h"
#include "../runtime/scratch.h"
#include "conv_geometry.h"
#include "split.h"

namespace myelin::ops {

// The cells first + tap * dilation of an axis for tap in [start, end), all of them inside the input.
struct Window {
  int64_t first, start, end;

  bool empty() const { return end <= start; }
};

// How many steps lead over a distance. Most steps are 1, and a division takes as long as a window of a few cells.
inline int64_t stepsOver(int64_t distance, int64_t step) { return step == 1 ? distance : ceilDiv(distance, step); }

// An adaptive axis has the windows [floor(i * in / out), ceil((i + 1) * in / out)).
inline Window windowOf(const PoolGeometry& g, int axis, int64_t i) {
  const int64_t in = g.in[axis], out = g.out[axis], dilation = g.dilation[axis];
  if (g.adaptive(axis)) {
    const int64_t first = i * in / out;
    return {first, 0, ((i + 1) * in + out - 1) / out - first};
  }
  const int64_t first = i * g.stride[axis] - g.pad[axis];
  const int64_t start = first < 0 ? stepsOver(-first, dilation) : 0;
  const int64_t end = first >= in ? 0 : stepsOver(in - first, dilation);
  return {first, start, std::clamp(end, start, std::max(start, g.kernel[axis]))};
}

// Windows [start, end) of the width axis that hit the input with every tap, and lie a stride apart.
inline Window wholeWindows(const PoolGeometry& g) {
  if (g.adaptive(2)) return {0, 0, 0};
  const int64_t stride = g.stride[2], reach = (g.kernel[2] - 1) * g.dilation[2] + 1;
  const int64_t start = std::min((g.pad[2] + stride - 1) / stride, g.out[2]);
  const int64_t room = g.in[2] + g.pad[2] - reach;
  return {0, start, room < 0 ? start : std::clamp(room / stride + 1, start, g.out[2])};
}

// Calls body(row, offset) for runs of windows of output row (plane, height), offset being the first one's place; `whole` is
// wholeWindows(g). Runs cover `channels` channels of a pixel. False if memory is out.
template <class Body>
bool eachRun(const PoolGeometry& g, const Window& whole, int64_t plane, int64_t height, int64_t channels, Body body) {
  const Window d = windowOf(g, 0, plane), h = windowOf(g, 1, height);
  const int64_t across = g.adaptive(2) ? g.in[2] : std::min(g.kernel[2], g.in[2]);
  const int64_t most = (d.end - d.start) * (h.end - h.start) * across;
  auto* cells = static_cast<int64_t*>(scratch(Slot::work, size_t(std::max<int64_t>(most, 1)) * sizeof(int64_t)));
  if (cells == nullptr) return false;
  // A window that misses the input may lie too far away for its place to be a number.
  const bool hits = !d.empty() && !h.empty();
  const int64_t corner = hits ? (d.first * g.in[1] + h.first) * g.in[2] : 0;
  for (int64_t window = 0; window < g.out[2];) {
    const bool run = window == whole.start && !whole.empty();
    Window w = windowOf(g, 2, window);
    if (run) w.start = 0, w.end = g.kernel[2];
    PoolRow row = {cells, 0, w.empty() ? 0 : corner + w.first, g.stride[2], run ? whole.end - whole.start : 1, g.channels, channels};
    for (int64_t td = d.start; td < d.end; ++td)
      for (int64_t th = h.start; th < h.end; ++th)
        for (int64_t tw = w.start; tw < w.end; ++tw) {
          cells[row.cellCount++] = (td * g.dilation[0] * g.in[1] + th * g.dilation[1]) * g.in[2] + tw * g.dilation[2];
        }
    body(row, ((plane * g.out[1] + height) * g.out[2] + window) * g.channels);
    window += row.windows;
  }
  return true;
}

// No padding, and every cell of the input in at most one window.
inline bool tilesInput(const PoolGeometry& g) {
  bool tiles = true;
  for (int axis = 0; axis < 3; ++axis) {
    tiles = tiles && !g.adaptive(axis) && g.pad[axis] == 0 && g.dilation[axis] == 1 && g.stride[axis] == g.kernel[axis] &&
            g.out[axis] * g.stride[axis] <= g.in[axis];
  }
  return tiles;
}

}  // namespace myelin::ops
