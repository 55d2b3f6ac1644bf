// A chunk of work is a block of tiles and a block of output channels. Over blocks of input channels, the filters and the tiles of
// data are transformed, and then multiplied: for each of the 36 (or 16) elements one product of matrices,
//   products[element] += data[element] [tiles, channels] * filters[element] [channels, outChannels],
// by the GEMM's micro-kernel, one chain of sums over the channels. At the end the products are transformed to results.
//
// All three are transformed anew in each chunk, since that is cheaper than to read them from memory: the filters of 512 to 512
// channels grow from 9 to 37 MB, at 4 cycles for 9 loads and 36 stores of transformed numbers. In cycles for each pair of
// channels and AVX-512, a block of 56 tiles multiplies for 63, transforms filters for 4, and data for 5 in each 64 output
// channels. A thread keeps its filters from one chunk to the next where they are the same.
#include "conv_winograd.h"

#include <string.h>

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
constexpr int64_t packedSteps = 16;   // input channels whose taps are packed, then transformed
constexpr double parallelCost = 4e5;  // multiplications

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
  float *filters, *data, *products, *taps, *gathered, *bias;
};

bool openRoom(const Pass& pass, Room& room) {
  const int64_t elements = pass.grid.elements(), panel = kernels().gemmShape().panel;
  const int64_t sizes[] = {elements * pass.filterPitch(),
                           elements * pass.dataPitch(),
                           elements * pass.productPitch(),
                           9 * packedSteps * panel,
                           winogradGather(wholeVectors(std::max(pass.inBlock, pass.outBlock))),
                           wholeVectors(pass.outBlock)};
  float* at = static_cast<float*>(scratch(Slot::work, size_t(winogradRoom) * sizeof(float)));
  if (at == nullptr) return false;
  float** const parts[] = {&room.filters, &room.data, &room.products, &room.taps, &room.gathered, &room.bias};
  for (int i = 0; i < 6; ++i) {
    *parts[i] = at;
    at += sizes[i];
  }
  return true;
}

struct Range {
  int64_t start, count;
};

// Filters of the channels, transformed: for each element panels [panel][in][panel's columns].
void transformFilters(const Pass& pass, const Range& in, const Range& out, const Room& room) {
  const KernelTable& table = kernels();
  const int64_t panel = table.gemmShape().panel, inChannels = pass.source.channels, outChannels = pass.outChannels;
  const int64_t tapFloats = inChannels * outChannels, stride = pass.transposed ? inChannels : outChannels;
  for (int64_t column = 0; column < out.count; column += panel) {
    const int64_t columns = std::min(panel, out.count - column), width = wholeVectors(columns);
    for (int64_t step = 0; step < in.count; step += packedSteps) {
      const int64_t steps = std::min(packedSteps, in.count - step), k = in.start + step, j = out.start + column;
      for (int64_t tap = 0; tap < 9; ++tap) {
        const float* from =
            pass.w + (pass.transposed ? (8 - tap) * tapFloats + j * stride + k : tap * tapFloats + k * stride + j);
        table.gemmPackPanel(from, stride, pass.transposed, steps, int32_t(columns), room.taps + tap * steps * width);
      }
      table.winograd({WinogradMatrix::filter, int32_t(pass.grid.tile), room.taps, 3 * steps * width, steps * width,
                      room.filters + column * in.count + step * width, pass.grid.edge() * pass.filterPitch(), pass.filterPitch(),
                      steps * width / 16, nullptr, 0});
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
                 {room.data, pass.dataPitch(), wholeVectors(in.count)}, room.gathered);
    multiply(pass, tiles, in.count, out.count, start > 0, room);
  }
  if (pass.bias) {
    memset(room.bias, 0, size_t(wholeVectors(out.count)) * sizeof(float));
    memcpy(room.bias, pass.bias + out.start, size_t(out.count) * sizeof(float));
  }
  winogradGive(pass.grid, {room.products, pass.productPitch(), wholeVectors(out.count)}, {tileStart, tiles, out.start, out.count},
               pass.y, pass.outChannels, pass.bias ? room.bias : nullptr, pass.activation, room.gathered);
  return true;
}

void cutBlocks(Pass& pass) {
  pass.inBlock = evenPart(pass.source.channels, mostChannels, 16);
  pass.outBlock = evenPart(pass.outChannels, mostChannels, kernels().gemmShape().panel);
  const int64_t elements = pass.grid.elements(), in = wholeVectors(pass.inBlock), out = wholeVectors(pass.outBlock);
  const int64_t rest = 9 * packedSteps * kernels().gemmShape().panel + winogradGather(std::max(in, out)) + out;
  const int64_t room = ((winogradRoom - rest) / elements - 3 * winogradApart - in * out) / (in + out);
  pass.tileBlock = evenPart(pass.grid.count, std::clamp<int64_t>(room, 1, mostTiles));
  pass.inBlocks = (pass.source.channels + pass.inBlock - 1) / pass.inBlock;
  pass.outBlocks = (pass.outChannels + pass.outBlock - 1) / pass.outBlock;
  pass.tileBlocks = (pass.grid.count + pass.tileBlock - 1) / pass.tileBlock;
}

Status runPass(Pass pass) {
  cutBlocks(pass);
  int64_t kept[maxThreads];
  std::fill(kept, kept + maxThreads, -1);
  std::atomic<bool> failed{false};
  const auto run = [&](int64_t index, int worker) {
    if (!computeChunk(pass, index, kept[worker])) failed.store(true, std::memory_order_relaxed);
  };
  const int64_t chunks = pass.outBlocks * pass.tileBlocks;
  const double cost = double(pass.grid.count * pass.grid.elements()) * double(pass.source.channels) * double(pass.outChannels);
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
