// The gradient to the weights is the adjoint of the filters' way through the convolution (conv_winograd.h):
//   dw = G^T [ sum over tiles of (A dy A^T) * (B^T x B) ] G
// For each of the 36 (or 16) elements the sum is one product of matrices [channels, tiles] [tiles, outChannels], summed by the
// GEMM's micro-kernel in the order of the tiles. A chunk of work is a block of channels, a block of output channels and, where dw
// is small, a part of the tiles; parts are cut by the geometry alone and added in order.
#include <algorithm>
#include <atomic>

#include "../runtime/dispatch.h"
#include "../runtime/scratch.h"
#include "../runtime/threads.h"
#include "conv_winograd.h"
#include "gemm_product.h"
#include "winograd_tiles.h"

namespace myelin::ops {
namespace {

constexpr int64_t mostChannels = 64;     // of a block of channels, and of output channels
constexpr int64_t partFloats = 147'456;  // of the parts of dw that wait to be added
constexpr int64_t wantedChunks = 8, mostTiles = 112;

struct Plan {
  WinogradGrid grid;
  WinogradSource data, gradient;
  int64_t inBlock, outBlock, tileBlock;
  int64_t inBlocks, outBlocks, parts, partTiles;

  int64_t sumPitch() const { return inBlock * wholeVectors(outBlock) + winogradApart; }
  int64_t dataPitch() const { return tileBlock * wholeVectors(inBlock) + winogradApart; }
  int64_t gradientPitch() const { return tileBlock * wholeVectors(outBlock) + winogradApart; }
};

// The workspace of a thread.
struct Room {
  float *sums, *data, *gradients;
};

bool openRoom(const Plan& plan, Room& room) {
  const int64_t elements = plan.grid.elements();
  auto* at = static_cast<float*>(scratch(Slot::work, size_t(winogradRoom) * sizeof(float)));
  room.sums = at;
  room.data = room.sums + elements * plan.sumPitch();
  room.gradients = room.data + elements * plan.dataPitch();
  return at != nullptr;
}

// sums[element] += data[element]^T gradients[element]
void multiply(const Plan& plan, int64_t tiles, int64_t inCount, int64_t outCount, bool load, const Room& room) {
  const KernelTable& table = kernels();
  const GemmShape& shape = table.gemmShape();
  const GemmSegment whole = {0, 0};
  const int64_t strips = (inCount + shape.rows - 1) / shape.rows;
  GemmTile tile = {};
  tile.segments = &whole;
  tile.segmentCount = 1;
  tile.length = tiles;
  tile.strideA = wholeVectors(inCount);
  tile.strideB = tile.strideC = wholeVectors(outCount);
  tile.load = load;
  for (int64_t element = 0; element < plan.grid.elements(); ++element)
    for (int64_t column = 0; column < outCount; column += shape.panel) {
      tile.columns = int32_t(wholeVectors(std::min<int64_t>(shape.panel, outCount - column)));
      tile.b = room.gradients + element * plan.gradientPitch() + column;
      for (int64_t s = 0; s < strips; ++s) {
        const int64_t row = partStart(inCount, strips, s);
        tile.rows = int32_t(partStart(inCount, strips, s + 1) - row);
        tile.a = room.data + element * plan.dataPitch() + row;
        tile.c = room.sums + element * plan.sumPitch() + row * tile.strideC + column;
        table.gemmTileColumns(tile);
      }
    }
}

// Sums of the block to dw [tap, channel, outChannel].
void giveTaps(const Plan& plan, int64_t inStart, int64_t inCount, int64_t outStart, int64_t outCount, const Room& room,
              float* dw) {
  const int64_t outChannels = plan.gradient.channels;
  WinogradTransform t = {};
  t.matrix = WinogradMatrix::taps;
  t.tile = int32_t(plan.grid.tile);
  t.in = room.sums;
  t.inStep = wholeVectors(outCount);
  t.inRow = plan.grid.edge() * plan.sumPitch();
  t.inColumn = plan.sumPitch();
  t.out = dw + inStart * outChannels + outStart;
  t.outStep = outChannels;
  t.outColumn = plan.data.channels * outChannels;
  t.outRow = 3 * t.outColumn;
  t.count = inCount;
  t.channels = outCount;
  t.rowTo = t.columnTo = 3;
  kernels().winograd(t);
}

bool computeChunk(const Plan& plan, int64_t block, int64_t part, float* dw) {
  Room room;
  if (!openRoom(plan, room)) return false;
  const int64_t inStart = block % plan.inBlocks * plan.inBlock, outStart = block / plan.inBlocks * plan.outBlock;
  const int64_t inCount = std::min(plan.inBlock, plan.data.channels - inStart);
  const int64_t outCount = std::min(plan.outBlock, plan.gradient.channels - outStart);
  const int64_t start = part * plan.partTiles, end = std::min(start + plan.partTiles, plan.grid.count);
  for (int64_t tile = start; tile < end; tile += plan.tileBlock) {
    const int64_t tiles = std::min(plan.tileBlock, end - tile);
    winogradTake(plan.grid, plan.data, WinogradMatrix::data, {tile, tiles, inStart, inCount},
                 {room.data, plan.dataPitch(), wholeVectors(inCount)});
    winogradTake(plan.grid, plan.gradient, WinogradMatrix::gradient, {tile, tiles, outStart, outCount},
                 {room.gradients, plan.gradientPitch(), wholeVectors(outCount)});
    multiply(plan, tiles, inCount, outCount, tile > start, room);
  }
  giveTaps(plan, inStart, inCount, outStart, outCount, room, dw);
  return true;
}

Plan planOf(const ConvGeometry& g, const float* x, const float* dy) {
  Plan plan = {};
  plan.grid = winogradGrid(g.batch * g.in[0], g.out[1], g.out[2]);
  plan.data = {x, g.in[1], g.in[2], g.inChannels, plan.grid.edge(), {g.pad[1], g.pad[2]}};
  plan.gradient = {dy, g.out[1], g.out[2], g.outChannels, plan.grid.tile, {0, 0}};
  plan.inBlock = evenPart(g.inChannels, mostChannels, 16);
  plan.outBlock = evenPart(g.outChannels, mostChannels, kernels().gemmShape().panel);
  plan.inBlocks = (g.inChannels + plan.inBlock - 1) / plan.inBlock;
  plan.outBlocks = (g.outChannels + plan.outBlock - 1) / plan.outBlock;
  const int64_t in = plan.inBlock, out = wholeVectors(plan.outBlock);
  const int64_t room = (winogradRoom / plan.grid.elements() - 3 * winogradApart - in * out) / (in + out);
  const int64_t blocks = plan.inBlocks * plan.outBlocks, size = 9 * g.inChannels * g.outChannels;
  const int64_t parts = std::clamp<int64_t>(wantedChunks / blocks, 1, std::max<int64_t>(1, partFloats / size));
  plan.partTiles =
      std::max(evenPart(plan.grid.count, (plan.grid.count + parts - 1) / parts), std::min<int64_t>(plan.grid.count, 16));
  plan.parts = (plan.grid.count + plan.partTiles - 1) / plan.partTiles;
  plan.tileBlock = evenPart(plan.partTiles, std::clamp<int64_t>(room, 1, mostTiles));
  return plan;
}

}  // namespace

Status winogradGradWeight(const ConvGeometry& g, const float* x, const float* dy, float* dw) {
  const Plan plan = planOf(g, x, dy);
  const int64_t size = 9 * g.inChannels * g.outChannels, blocks = plan.inBlocks * plan.outBlocks;
  float* sums = dw;
  if (plan.parts > 1) {
    sums = static_cast<float*>(scratch(Slot::packB, size_t(plan.parts * size) * sizeof(float)));
    if (sums == nullptr) return Status::error("out of memory for partial sums");
  }
  std::atomic<bool> failed{false};
  parallelFor(blocks * plan.parts, [&](int64_t chunk, int) {
    const int64_t part = chunk / blocks;
    if (!computeChunk(plan, chunk % blocks, part, sums + part * size)) failed.store(true, std::memory_order_relaxed);
  });
  if (failed.load()) return Status::error("out of memory for a block of tiles");
  if (plan.parts > 1) {
    constexpr int64_t piece = 8192;
    parallelFor((size + piece - 1) / piece, [&](int64_t chunk, int) {
      const int64_t from = chunk * piece;
      kernels().sumParts(sums + from, size, plan.parts, dw + from, std::min(piece, size - from));
    });
  }
  return Status::ok();
}

}  // namespace myelin::ops
