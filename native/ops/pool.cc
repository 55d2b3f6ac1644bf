// Maximum pooling: the windows of an output row that lie inside the input share one list of cells and one kernel call; those cut off
// at the sides have their own. Where windows tile the input, gradients are written in one pass, row by row; else the cells of an
// image are cleared and added to at their indices, as unpooling writes them. Channels are parted where there are few rows or images.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/threads.h"
#include "ops.h"
#include "pool_windows.h"

namespace myelin::ops {
namespace {

constexpr int64_t chunkElements = 1 << 15;  // of the larger side
constexpr int64_t enoughPieces = 8;         // for any sensible number of threads

struct Sizes {
  int64_t x, y;  // elements of an image
};

// Runs of channels that are worked on by themselves: whole vectors, and as many parts as make `pieces` of them enough.
struct Parts {
  int64_t count, channels;
};
Parts partsOf(int64_t channels, int64_t pieces) {
  const int64_t vectors = (channels + 15) / 16, wanted = std::clamp(enoughPieces / std::max<int64_t>(pieces, 1), int64_t{1}, vectors);
  const int64_t width = std::max<int64_t>((vectors + wanted - 1) / wanted, 1) * 16;
  return {(channels + width - 1) / width, std::min(width, channels)};
}

// body(piece, channel, channels) for each part of each piece of about `elements` elements.
template <class Body>
void eachPiece(int64_t pieces, int64_t elements, int64_t channels, Body body) {
  const Parts parts = partsOf(channels, pieces);
  const int64_t together = std::max<int64_t>(1, chunkElements / std::max<int64_t>(1, elements / std::max<int64_t>(parts.count, 1)));
  const int64_t all = pieces * parts.count;
  parallelFor((all + together - 1) / together, [&](int64_t chunk, int) {
    for (int64_t i = chunk * together; i < std::min((chunk + 1) * together, all); ++i) {
      const int64_t channel = i % parts.count * parts.channels;
      body(i / parts.count, channel, std::min(parts.channels, channels - channel));
    }
  });
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

// Clears the cells that no window of output row (plane, height) reaches: those to the right of it, and, after the last row or plane,
// those below or behind.
void clearRest(const PoolGeometry& g, float* image, int64_t plane, int64_t height) {
  const int64_t row = g.in[2] * g.channels, used = g.out[2] * g.kernel[2] * g.channels;
  const int64_t bottom = height + 1 == g.out[1] ? g.in[1] : (height + 1) * g.kernel[1];
  const int64_t back = plane + 1 == g.out[0] ? g.in[0] : (plane + 1) * g.kernel[0];
  for (int64_t d = plane * g.kernel[0]; d < back; ++d)
    for (int64_t h = height * g.kernel[1]; h < bottom; ++h) {
      const bool reached = d < g.out[0] * g.kernel[0] && h < g.out[1] * g.kernel[1];
      float* start = image + (d * g.in[1] + h) * row;
      std::fill(start + (reached ? used : 0), start + row, 0.0f);
    }
}

enum class Outcome { done, strayed, outOfMemory };

// dx of windows that tile the input; stops where an index is not a cell of its window.
Outcome spreadTiles(const PoolGeometry& g, const Sizes& sizes, const float* dy, const int32_t* indices, float* dx) {
  const KernelTable& table = kernels();
  const Window whole = wholeWindows(g);
  const int64_t rows = g.out[0] * g.out[1];
  std::atomic<bool> strayed{false}, failed{false};
  const int64_t perRow = std::max<int64_t>(1, sizes.x / rows), together = std::max<int64_t>(1, chunkElements / perRow);
  parallelFor((g.batch * rows + together - 1) / together, [&](int64_t chunk, int) {
    for (int64_t piece = chunk * together; piece < std::min((chunk + 1) * together, g.batch * rows); ++piece) {
      const int64_t image = piece / rows, plane = piece % rows / g.out[1], height = piece % g.out[1];
      float* to = dx + image * sizes.x;
      clearRest(g, to, plane, height);
      const bool enough = eachRun(g, whole, plane, height, g.channels, [&](const PoolRow& run, int64_t offset) {
        const int64_t at = image * sizes.y + offset;
        if (!table.maxPoolGradRow(run, dy + at, indices + at, to)) strayed.store(true, std::memory_order_relaxed);
      });
      if (!enough) failed.store(true, std::memory_order_relaxed);
    }
  });
  return failed.load() ? Outcome::outOfMemory : strayed.load() ? Outcome::strayed : Outcome::done;
}

// Images of `positions` values with the cell of each in a plane of `plane` cells.
struct Planes {
  int64_t batch, positions, plane, channels;

  int64_t values() const { return positions * channels; }
  int64_t cells() const { return plane * channels; }
};

Status strayIndex(const std::atomic<bool>& strayed) {
  return strayed.load() ? Status::error("an index lies outside the input plane") : Status::ok();
}

// Every value at its cell: added, or in place of what was there, the last of several; other cells are 0.
template <bool adds>
Status scatter(const Planes& p, const float* values, const int32_t* indices, float* cells) {
  std::atomic<bool> strayed{false};
  eachPiece(p.batch, std::max(p.values(), p.cells()), p.channels, [&](int64_t image, int64_t channel, int64_t channels) {
    float* to = cells + image * p.cells() + channel;
    const int64_t from = image * p.values() + channel;
    if (channels == p.channels) {
      std::fill(to, to + p.cells(), 0.0f);
    } else {
      for (int64_t cell = 0; cell < p.plane; ++cell) std::fill_n(to + cell * p.channels, channels, 0.0f);
    }
    for (int64_t position = 0; position < p.positions; ++position) {
      const float* value = values + from + position * p.channels;
      const int32_t* index = indices + from + position * p.channels;
      for (int64_t c = 0; c < channels; ++c) {
        const uint32_t cell = uint32_t(index[c]);
        if (cell >= uint32_t(p.plane)) {
          strayed.store(true, std::memory_order_relaxed);
          return;
        }
        float& place = to[int64_t(cell) * p.channels + c];
        place = adds ? place + value[c] : value[c];
      }
    }
  });
  return strayIndex(strayed);
}

Status readPlanes(const Dims& dims, size_t values, size_t indices, size_t cells, Planes& p) {
  if (dims.count != 4) return Status::error("expected 4 numbers: batch, positions, cells of a plane, channels");
  p = {dims[0], dims[1], dims[2], dims[3]};
  if (std::min({p.batch, p.positions, p.plane, p.channels}) < 0) return Status::error("expected no negative numbers");
  if (!fits({p.batch, p.positions, p.channels}, values)) return Status::error("values are fewer than their shape tells");
  if (!fits({p.batch, p.positions, p.channels}, indices)) return Status::error("indices are fewer than the values");
  if (!fits({p.batch, p.plane, p.channels}, cells)) return Status::error("the planes are shorter than their shape");
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
  const Window whole = wholeWindows(g);
  const int64_t rows = g.out[0] * g.out[1], perRow = std::max<int64_t>(1, std::max(sizes.x, sizes.y) / rows);
  std::atomic<bool> failed{false};
  eachPiece(g.batch * rows, perRow, g.channels, [&](int64_t piece, int64_t channel, int64_t channels) {
    const int64_t image = piece / rows, row = piece % rows;
    const float* from = x.data + image * sizes.x + channel;
    const bool enough = eachRun(g, whole, row / g.out[1], row % g.out[1], channels, [&](const PoolRow& run, int64_t offset) {
      const int64_t at = image * sizes.y + offset + channel;
      if (indices)
        table.maxPoolIndexRow(run, from, y.data + at, indices.data + at);
      else
        table.maxPoolRow(run, from, y.data + at);
    });
    if (!enough) failed.store(true, std::memory_order_relaxed);
  });
  return failed.load() ? Status::error("out of memory for the cells of a window") : Status::ok();
}

Status maxPoolGrad(In<float> dy, In<int32_t> indices, Out<float> dx, Dims geometry) {
  PoolGeometry g;
  Sizes sizes;
  const Status status = check(geometry, dx.length, dy.length, g, sizes);
  if (status.failed()) return status;
  if (!fits({g.batch, sizes.y}, indices.length)) return Status::error("indices are fewer than the outputs");
  if (g.batch == 0 || sizes.x + sizes.y == 0) return Status::ok();
  if (tilesInput(g) && sizes.y > 0) {
    const Outcome outcome = spreadTiles(g, sizes, dy.data, indices.data, dx.data);
    if (outcome == Outcome::outOfMemory) return Status::error("out of memory for the cells of a window");
    if (outcome == Outcome::done) return Status::ok();
  }
  const int64_t positions = elements({g.out[0], g.out[1], g.out[2]}), plane = elements({g.in[0], g.in[1], g.in[2]});
  return scatter<true>({g.batch, positions, plane, g.channels}, dy.data, indices.data, dx.data);
}

Status maxUnpool(In<float> x, In<int32_t> indices, Out<float> y, Dims dims) {
  Planes p;
  const Status status = readPlanes(dims, x.length, indices.length, y.length, p);
  if (status.failed() || elements({p.batch, p.channels}) == 0) return status;
  return scatter<false>(p, x.data, indices.data, y.data);
}

Status maxUnpoolGrad(In<float> dy, In<int32_t> indices, Out<float> dx, Dims dims) {
  Planes p;
  const Status status = readPlanes(dims, dx.length, indices.length, dy.length, p);
  if (status.failed() || elements({p.batch, p.channels, p.positions}) == 0) return status;
  std::atomic<bool> strayed{false};
  eachPiece(p.batch * p.positions, 4 * p.channels, p.channels, [&](int64_t pixel, int64_t channel, int64_t channels) {
    const float* plane = dy.data + pixel / p.positions * p.cells() + channel;
    const int64_t at = pixel * p.channels + channel;
    for (int64_t c = 0; c < channels; ++c) {
      const uint32_t cell = uint32_t(indices.data[at + c]);
      if (cell >= uint32_t(p.plane)) {
        strayed.store(true, std::memory_order_relaxed);
        return;
      }
      dx.data[at + c] = plane[int64_t(cell) * p.channels + c];
    }
  });
  return strayIndex(strayed);
}

}  // namespace myelin::ops
