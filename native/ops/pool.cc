// Pooling: the windows of an output row that lie inside the input share one list of cells and one kernel call; those cut off at
// the sides have their own. Where windows tile the input without padding, gradients are written in one pass; else an image is
// cleared and added to, window after window.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_geometry.h"
#include "ops.h"

namespace myelin::ops {
namespace {

constexpr int64_t chunkElements = 1 << 15;  // of the larger side

// The taps of an axis that hit the input, for one window.
struct Hit {
  int64_t start, end;
};
Hit hitOf(const PoolGeometry& g, int axis, int64_t window) {
  const int64_t first = window * g.stride[axis] - g.pad[axis], dilation = g.dilation[axis];
  const int64_t start = first < 0 ? (-first + dilation - 1) / dilation : 0;
  const int64_t end = first >= g.in[axis] ? 0 : (g.in[axis] - first + dilation - 1) / dilation;
  return {start, std::clamp(end, start, std::max(start, g.kernel[axis]))};
}

// Windows [start, end) of the width axis that hit the input with every tap.
Hit wholeWindows(const PoolGeometry& g) {
  const int64_t stride = g.stride[2], reach = (g.kernel[2] - 1) * g.dilation[2] + 1;
  const int64_t start = std::min((g.pad[2] + stride - 1) / stride, g.out[2]);
  const int64_t room = g.in[2] + g.pad[2] - reach;
  const int64_t end = room < 0 ? start : std::clamp(room / stride + 1, start, g.out[2]);
  return {start, end};
}

double cellsOf(const PoolGeometry& g) { return double(g.kernel[0]) * double(g.kernel[1]) * double(g.kernel[2]); }

// Calls body(row, offset) for runs of windows of output row `index` of (plane, height), offset being the first one's place.
template <class Body>
bool eachRun(const PoolGeometry& g, int64_t index, bool countPad, Body body) {
  const int64_t plane = index / g.out[1], height = index % g.out[1];
  const Hit d = hitOf(g, 0, plane), h = hitOf(g, 1, height), whole = wholeWindows(g);
  const int64_t across = std::min(g.kernel[2], g.in[2]);
  const int64_t most = (d.end - d.start) * (h.end - h.start) * across;
  auto* cells = static_cast<int64_t*>(scratch(Slot::work, size_t(std::max<int64_t>(most, 1)) * sizeof(int64_t)));
  if (cells == nullptr) return false;
  // A window that misses the input may lie too far away for its place to be a number.
  const bool hits = d.end > d.start && h.end > h.start;
  const int64_t corner = hits ? ((plane * g.stride[0] - g.pad[0]) * g.in[1] + height * g.stride[1] - g.pad[1]) * g.in[2] : 0;
  for (int64_t window = 0; window < g.out[2];) {
    const bool run = window == whole.start && whole.end > whole.start;
    const Hit w = run ? Hit{0, g.kernel[2]} : hitOf(g, 2, window);
    const int64_t first = w.end > w.start ? corner + window * g.stride[2] - g.pad[2] : 0;
    PoolRow row = {cells, 0, first, g.stride[2], run ? whole.end - whole.start : 1, g.channels, 1.0f, true};
    for (int64_t td = d.start; td < d.end; ++td)
      for (int64_t th = h.start; th < h.end; ++th)
        for (int64_t tw = w.start; tw < w.end; ++tw) {
          cells[row.cellCount++] = (td * g.dilation[0] * g.in[1] + th * g.dilation[1]) * g.in[2] + tw * g.dilation[2];
        }
    row.divisor = countPad ? float(cellsOf(g)) : float(std::max<int64_t>(row.cellCount, 1));
    body(row, (index * g.out[2] + window) * g.channels);
    window += row.windows;
  }
  return true;
}

// No padding, and every cell of the input in at most one window.
bool tilesInput(const PoolGeometry& g) {
  bool tiles = true;
  for (int axis = 0; axis < 3; ++axis) {
    tiles = tiles && g.pad[axis] == 0 && g.dilation[axis] == 1 && g.stride[axis] == g.kernel[axis] &&
            g.out[axis] * g.stride[axis] <= g.in[axis];
  }
  return tiles;
}

// Clears the cells that no window reaches.
void clearRest(const PoolGeometry& g, float* image) {
  const int64_t row = g.in[2] * g.channels, used = g.out[2] * g.kernel[2] * g.channels;
  for (int64_t plane = 0; plane < g.in[0]; ++plane)
    for (int64_t height = 0; height < g.in[1]; ++height) {
      const bool reached = plane < g.out[0] * g.kernel[0] && height < g.out[1] * g.kernel[1];
      float* start = image + (plane * g.in[1] + height) * row;
      std::fill(start + (reached ? used : 0), start + row, 0.0f);
    }
}

struct Sizes {
  int64_t x, y;  // elements of an image
};

template <class Body>
Status eachImage(const PoolGeometry& g, const Sizes& sizes, Body body) {
  const int64_t together = std::max<int64_t>(1, chunkElements / std::max(sizes.x, sizes.y));
  std::atomic<const char*> failure{nullptr};
  parallelFor((g.batch + together - 1) / together, [&](int64_t chunk, int) {
    for (int64_t image = chunk * together; image < std::min((chunk + 1) * together, g.batch); ++image) {
      const Status status = body(image);
      if (status.failed()) failure.store(status.text, std::memory_order_relaxed);
    }
  });
  return {failure.load()};
}

template <class Body>
Status eachRow(const PoolGeometry& g, const Sizes& sizes, Body body) {
  const int64_t rows = g.out[0] * g.out[1], perRow = std::max<int64_t>(1, std::max(sizes.x, sizes.y) / rows);
  const int64_t together = std::max<int64_t>(1, chunkElements / perRow);
  std::atomic<bool> failed{false};
  parallelFor((g.batch * rows + together - 1) / together, [&](int64_t chunk, int) {
    for (int64_t row = chunk * together; row < std::min((chunk + 1) * together, g.batch * rows); ++row) {
      if (!body(row / rows, row % rows)) failed.store(true, std::memory_order_relaxed);
    }
  });
  return failed.load() ? Status::error("out of memory for the cells of a window") : Status::ok();
}

Status check(const Dims& dims, size_t x, size_t y, PoolGeometry& g, Sizes& sizes) {
  const Status status = readGeometry(dims, g);
  if (status.failed()) return status;
  if (!fits({g.batch, g.in[0], g.in[1], g.in[2], g.channels}, x)) return Status::error("the input is shorter than its shape");
  if (!fits({g.batch, g.out[0], g.out[1], g.out[2], g.channels}, y)) return Status::error("the output is shorter than its shape");
  if (elements({g.in[0], g.in[1], g.in[2]}) > INT32_MAX) return Status::error("expected an input plane of less than 2^31 cells");
  sizes = {elements({g.in[0], g.in[1], g.in[2], g.channels}), elements({g.out[0], g.out[1], g.out[2], g.channels})};
  return Status::ok();
}

Status maxPoolGradImage(const PoolGeometry& g, const Sizes& sizes, const float* dy, const int32_t* indices, float* dx) {
  if (tilesInput(g) && sizes.y > 0) {
    const KernelTable& table = kernels();
    bool own = true;
    for (int64_t row = 0; row < g.out[0] * g.out[1] && own; ++row) {
      const bool enough = eachRun(g, row, false, [&](const PoolRow& run, int64_t offset) {
        own = own && table.maxPoolGradRow(run, dy + offset, indices + offset, dx);
      });
      if (!enough) return Status::error("out of memory for the cells of a window");
    }
    if (own) {
      clearRest(g, dx);
      return Status::ok();
    }
  }
  const uint32_t plane = uint32_t(g.inPixels());
  std::fill(dx, dx + sizes.x, 0.0f);
  for (int64_t i = 0; i < sizes.y;) {
    for (int64_t channel = 0; channel < g.channels; ++channel, ++i) {
      const uint32_t cell = uint32_t(indices[i]);
      if (cell >= plane) return Status::error("an index lies outside the input plane");
      dx[int64_t(cell) * g.channels + channel] += dy[i];
    }
  }
  return Status::ok();
}

}  // namespace

Status maxPool(In<float> x, Out<float> y, Opt<Out<int32_t>> indices, Dims geometry) {
  PoolGeometry g;
  Sizes sizes;
  const Status status = check(geometry, x.length, y.length, g, sizes);
  if (status.failed()) return status;
  if (indices && !fits({g.batch, sizes.y}, indices.length)) return Status::error("indices are fewer than the outputs");
  if (g.batch == 0 || sizes.y == 0) return Status::ok();
  const KernelTable& table = kernels();
  return eachRow(g, sizes, [&](int64_t image, int64_t row) {
    return eachRun(g, row, false, [&](const PoolRow& run, int64_t offset) {
      const int64_t at = image * sizes.y + offset;
      table.maxPoolRow(run, x.data + image * sizes.x, y.data + at, indices ? indices.data + at : nullptr);
    });
  });
}

Status maxPoolGrad(In<float> dy, In<int32_t> indices, Out<float> dx, Dims geometry) {
  PoolGeometry g;
  Sizes sizes;
  const Status status = check(geometry, dx.length, dy.length, g, sizes);
  if (status.failed()) return status;
  if (!fits({g.batch, sizes.y}, indices.length)) return Status::error("indices are fewer than the outputs");
  if (g.batch == 0 || sizes.x + sizes.y == 0) return Status::ok();
  return eachImage(g, sizes, [&](int64_t image) {
    return maxPoolGradImage(g, sizes, dy.data + image * sizes.y, indices.data + image * sizes.y, dx.data + image * sizes.x);
  });
}

Status avgPool(In<float> x, Out<float> y, Dims geometry, bool countPad) {
  PoolGeometry g;
  Sizes sizes;
  const Status status = check(geometry, x.length, y.length, g, sizes);
  if (status.failed()) return status;
  if (g.batch == 0 || sizes.y == 0) return Status::ok();
  const KernelTable& table = kernels();
  return eachRow(g, sizes, [&](int64_t image, int64_t row) {
    return eachRun(g, row, countPad, [&](const PoolRow& run, int64_t offset) {
      table.avgPoolRow(run, x.data + image * sizes.x, y.data + image * sizes.y + offset);
    });
  });
}

Status avgPoolGrad(In<float> dy, Out<float> dx, Dims geometry, bool countPad) {
  PoolGeometry g;
  Sizes sizes;
  const Status status = check(geometry, dx.length, dy.length, g, sizes);
  if (status.failed()) return status;
  if (g.batch == 0 || sizes.x == 0) return Status::ok();
  const bool tiles = tilesInput(g);
  const KernelTable& table = kernels();
  return eachImage(g, sizes, [&](int64_t image) {
    float* to = dx.data + image * sizes.x;
    if (tiles)
      clearRest(g, to);
    else
      std::fill(to, to + sizes.x, 0.0f);
    bool enough = true;
    for (int64_t row = 0; row < g.out[0] * g.out[1] && sizes.y > 0; ++row) {
      enough = enough && eachRun(g, row, countPad, [&](PoolRow run, int64_t offset) {
                 run.add = !tiles;
                 table.avgPoolGradRow(run, dy.data + image * sizes.y + offset, to);
               });
    }
    return enough ? Status::ok() : Status::error("out of memory for the cells of a window");
  });
}

}  // namespace myelin::ops
