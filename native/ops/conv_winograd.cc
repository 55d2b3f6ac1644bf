// A chunk of work is a block of tiles and a block of output channels. Over blocks of input channels, the filters and the tiles of
// data are transformed, and then multiplied: for each of the 36 (or 16) elements one product of matrices,
//   products[element] += data[element] [tiles, channels] * filters[element] [channels, outChannels],
// by the GEMM's micro-kernel, one chain of sums over the channels. At the end the products are transformed to results.
//
// Nothing transformed outlives its chunk, so the workspace does not grow with the layer: the filters of 512 to 512 channels would
// be 37 MB, which memory delivers more slowly than a core transforms the 9 MB that they come from. Transforms are bound by what
// they write to the second-level cache. For a pair of channels, a block of 40 tiles costs 45 cycles of AVX-512 to multiply and
// about 10 for its filters; a tile costs 72 for 64 pairs and about 10 for its data. A thread keeps its filters from one chunk to
// the next where they are the same.
#include "conv_winograd.h"

#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "gemm_product.h"
#include "winograd_tiles.h"

namespace myelin::ops {
namespace {

constexpr int64_t mostChannels = 64;  // of a block of input channels, and of output channels
constexpr int64_t mostTiles = 112;
constexpr int64_t packedSteps = 16;    // input channels whose taps are packed, then transformed
constexpr int64_t fewTiles = 14;       // as many make full tiles of the micro-kernel
constexpr double parallelCost = 16e3;  // cycles below which a second thread costs more than it saves
constexpr double chunkCost = 30e3;
constexpr int64_t mostChunks = 4;

struct Pass {
  WinogradGrid grid;
  WinogradSource source;
  const float* w;
  const float* bias;
  float* y;
  bool transposed;  // w is [3, 3, outChannels, inChannels], its taps in reverse
  int32_t activation;
  int64_t outChannels;
  int64_t inBlock, outBlock, tileBlock;  // of a chunk
  int64_t inBlocks, outBlocks, tileBlocks;

  int64_t filterPitch() const { return inBlock * wholeVectors(outBlock) + winogradApart; }
  int64_t dataPitch() const { return tileBlock * wholeVectors(inBlock) + winogradApart; }
  int64_t productPitch() const { return tileBlock * wholeVectors(outBlock) + winogradApart; }
};

// The workspace of a thread.
struct Room {
  float *filters, *data, *products, *taps;
};

int64_t tapFloats() { return 9 * packedSteps * kernels().gemmShape().panel; }

bool openRoom(const Pass& pass, Room& room) {
  const int64_t elements = pass.grid.elements();
  auto* at = static_cast<float*>(scratch(Slot::work, size_t(winogradRoom) * sizeof(float)));
  room.taps = at;
  room.filters = room.taps + tapFloats();
  room.data = room.filters + elements * pass.filterPitch();
  room.products = room.data + elements * pass.dataPitch();
  return at != nullptr;
}

struct Range {
  int64_t start, count;
};

// Filters of the channels, transformed: for each element panels [panel][in][panel's columns]. Those of a transposed pass are
// transposed first, a few steps at a time.
void transformFilters(const Pass& pass, const Range& in, const Range& out, const Room& room) {
  const KernelTable& table = kernels();
  const int64_t panel = table.gemmShape().panel, inChannels = pass.source.channels, outChannels = pass.outChannels;
  const int64_t tapSize = inChannels * outChannels;
  WinogradTransform t = {};
  t.matrix = WinogradMatrix::filter;
  t.tile = int32_t(pass.grid.tile);
  t.outRow = pass.grid.edge() * pass.filterPitch();
  t.outColumn = pass.filterPitch();
  t.rowTo = t.columnTo = 3;
  for (int64_t column = 0; column < out.count; column += panel) {
    const int64_t columns = std::min(panel, out.count - column), width = wholeVectors(columns), j = out.start + column;
    t.channels = columns;
    t.out = room.filters + column * in.count;
    t.outStep = width;
    if (!pass.transposed) {
      t.in = pass.w + in.start * outChannels + j;
      t.inStep = outChannels;
      t.inColumn = tapSize;
      t.inRow = 3 * tapSize;
      t.count = in.count;
      table.winograd(t);
      continue;
    }
    for (int64_t step = 0; step < in.count; step += packedSteps, t.out += packedSteps * width) {
      t.count = std::min(packedSteps, in.count - step);
      for (int64_t tap = 0; tap < 9; ++tap) {
        const float* from = pass.w + (8 - tap) * tapSize + j * inChannels + in.start + step;
        table.gemmPackPanel(from, inChannels, true, t.count, int32_t(columns), room.taps + tap * packedSteps * width);
      }
      t.in = room.taps;
      t.inStep = width;
      t.inColumn = packedSteps * width;
      t.inRow = 3 * t.inColumn;
      table.winograd(t);
    }
  }
}

void multiply(const Pass& pass, int64_t tiles, int64_t inCount, int64_t outCount, bool load, const Room& room) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const GemmSegment whole = {0, 0};
  const int64_t strips = (tiles + shape.rows - 1) / shape.rows;
  GemmTile tile = {};
  tile.segments = &whole;
  tile.segmentCount = 1;
  tile.length = inCount;
  tile.strideA = wholeVectors(inCount);
  tile.strideC = wholeVectors(outCount);
  tile.load = load;
  for (int64_t element = 0; element < pass.grid.elements(); ++element)
    for (int64_t column = 0; column < outCount; column += shape.panel) {
      const int64_t width = wholeVectors(std::min<int64_t>(shape.panel, outCount - column));
      tile.columns = int32_t(width);
      tile.strideB = width;
      tile.b = room.filters + element * pass.filterPitch() + column * inCount;
      for (int64_t s = 0; s < strips; ++s) {
        const int64_t row = partStart(tiles, strips, s);
        tile.rows = int32_t(partStart(tiles, strips, s + 1) - row);
        tile.a = room.data + element * pass.dataPitch() + row * tile.strideA;
        tile.c = room.products + element * pass.productPitch() + row * tile.strideC + column;
        table.gemmTileRows(tile);
      }
    }
}

// One chunk; `kept` is the block of output channels whose filters the room holds, where they are all of them.
bool computeChunk(const Pass& pass, int64_t chunk, int64_t& kept) {
  Room room;
  if (!openRoom(pass, room)) return false;
  const int64_t outIndex = chunk / pass.tileBlocks, tileStart = chunk % pass.tileBlocks * pass.tileBlock;
  const int64_t tiles = std::min(pass.tileBlock, pass.grid.count - tileStart), outStart = outIndex * pass.outBlock;
  const Range out = {outStart, std::min(pass.outBlock, pass.outChannels - outStart)};
  for (int64_t start = 0; start < pass.source.channels; start += pass.inBlock) {
    const Range in = {start, std::min(pass.inBlock, pass.source.channels - start)};
    if (pass.inBlocks > 1 || kept != outIndex) transformFilters(pass, in, out, room);
    kept = outIndex;
    winogradTake(pass.grid, pass.source, WinogradMatrix::data, {tileStart, tiles, in.start, in.count},
                 {room.data, pass.dataPitch(), wholeVectors(in.count)});
    multiply(pass, tiles, in.count, out.count, start > 0, room);
  }
  winogradGive(pass.grid, {room.products, pass.productPitch(), wholeVectors(out.count)}, {tileStart, tiles, out.start, out.count},
               pass.y, pass.outChannels, pass.bias ? pass.bias + out.start : nullptr, pass.activation);
  return true;
}

// Cycles of one thread, roughly: the products, and the tiles in and out.
double costOf(const Pass& pass) {
  const double in = double(pass.source.channels), out = double(pass.outChannels);
  return double(pass.grid.count * pass.grid.elements()) * (in * out / 28 + (in + out) / 8);
}

void cutBlocks(Pass& pass, int64_t wanted) {
  const int64_t panel = kernels().gemmShape().panel, tiles = pass.grid.count;
  pass.inBlock = evenPart(pass.source.channels, mostChannels, 16);
  pass.outBlock = evenPart(pass.outChannels, mostChannels, panel);
  const int64_t in = wholeVectors(pass.inBlock), out = wholeVectors(pass.outBlock);
  const int64_t room = ((winogradRoom - tapFloats()) / pass.grid.elements() - 3 * winogradApart - in * out) / (in + out);
  pass.outBlocks = (pass.outChannels + pass.outBlock - 1) / pass.outBlock;
  // More chunks cost transforms: of data, where tiles are few, else of filters.
  if (pass.outBlocks < wanted && tiles < 2 * fewTiles) {
    pass.outBlock = panel;
    pass.outBlocks = (pass.outChannels + panel - 1) / panel;
  }
  const int64_t shared = std::max(fewTiles, tiles * pass.outBlocks / wanted);
  pass.tileBlock = evenPart(tiles, std::clamp<int64_t>(std::min(room, shared), 1, mostTiles));
  pass.tileBlocks = (tiles + pass.tileBlock - 1) / pass.tileBlock;
  pass.inBlocks = (pass.source.channels + pass.inBlock - 1) / pass.inBlock;
}

Status runPass(Pass pass) {
  const double cost = costOf(pass);
  cutBlocks(pass, cost < parallelCost ? 1 : std::clamp<int64_t>(int64_t(cost / chunkCost), 2, mostChunks));
  int64_t kept[maxThreads];
  std::fill(kept, kept + maxThreads, -1);
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t index, int worker) {
    if (!computeChunk(pass, index, kept[worker])) failed.store(true, std::memory_order_relaxed);
  };
  const int64_t chunks = pass.outBlocks * pass.tileBlocks;
  if (cost < parallelCost) {
    for (int64_t index = 0; index < chunks; ++index) run(index, 0);
  } else {
    parallelFor(chunks, [&](int64_t index, int worker) { run(index, worker); });
  }
  return failed.load() ? Status::error("out of memory for a block of tiles") : Status::ok();
}

}  // namespace

bool winogradEligible(const ConvGeometry& g) {
  bool eligible = g.groups == 1 && g.inChannels > 0 && g.outChannels > 0 && g.kernel[0] == 1 && g.pad[0] == 0 &&
                  g.in[0] == g.out[0] && g.kernel[1] == 3 && g.kernel[2] == 3;
  for (int axis = 0; axis < 3; ++axis) eligible = eligible && g.stride[axis] == 1 && g.dilation[axis] == 1;
  return eligible;
}

Status winogradConv(const ConvGeometry& g, const float* x, const float* w, const float* bias, float* y, int32_t activation) {
  const WinogradGrid grid = winogradGrid(g.batch * g.in[0], g.out[1], g.out[2]);
  const WinogradSource source = {x, g.in[1], g.in[2], g.inChannels, grid.edge(), {g.pad[1], g.pad[2]}};
  return runPass({grid, source, w, bias, y, false, activation, g.outChannels, 0, 0, 0, 0, 0, 0});
}

// dx[i] = sum of dy[i + pad - t] w[t] is a convolution with the filters reversed and the padding 2 - pad.
Status winogradGradInput(const ConvGeometry& g, const float* dy, const float* w, float* dx) {
  const WinogradGrid grid = winogradGrid(g.batch * g.in[0], g.in[1], g.in[2]);
  const WinogradSource source = {dy, g.out[1], g.out[2], g.outChannels, grid.edge(), {2 - g.pad[1], 2 - g.pad[2]}};
  return runPass({grid, source, w, nullptr, dx, true, int32_t(tileLinear), g.inChannels, 0, 0, 0, 0, 0, 0});
}

}  // namespace myelin::ops
