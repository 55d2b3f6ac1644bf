#include "winograd_tiles.h"

#include <algorithm>

#include "../runtime/dispatch.h"

namespace myelin::ops {
namespace {

struct Place {
  int64_t image, row, column;  // of the first result
};

Place placeOf(const WinogradGrid& grid, int64_t tile) {
  const int64_t within = tile % (grid.rows * grid.columns);
  return {tile / (grid.rows * grid.columns), within / grid.columns * grid.tile, within % grid.columns * grid.tile};
}

int64_t tilesOf(int64_t size, int64_t tile) { return (size + tile - 1) / tile; }

}  // namespace

WinogradGrid winogradGrid(int64_t images, int64_t height, int64_t width) {
  const auto products = [&](int64_t tile) {
    return double(tilesOf(height, tile)) * double(tilesOf(width, tile)) * double((tile + 2) * (tile + 2));
  };
  const int64_t tile = products(4) < products(2) ? 4 : 2;
  const int64_t rows = tilesOf(height, tile), columns = tilesOf(width, tile);
  return {tile, height, width, rows, columns, images * rows * columns};
}

void winogradTake(const WinogradGrid& grid, const WinogradSource& source, WinogradMatrix matrix, const WinogradBlock& block,
                  const WinogradMatrices& out) {
  const int64_t rowStride = source.width * source.channels, extent = source.extent;
  WinogradTransform t = {};
  t.matrix = matrix;
  t.tile = int32_t(grid.tile);
  t.inRow = rowStride;
  t.inColumn = source.channels;
  t.outRow = grid.edge() * out.pitch;
  t.outColumn = out.pitch;
  t.count = 1;
  t.channels = block.channels;
  for (int64_t i = 0; i < block.tiles; ++i) {
    const Place place = placeOf(grid, block.tileStart + i);
    const int64_t row = place.row - source.before[0], column = place.column - source.before[1];
    t.rowFrom = int32_t(std::clamp<int64_t>(-row, 0, extent));
    t.rowTo = int32_t(std::clamp<int64_t>(source.height - row, 0, extent));
    t.columnFrom = int32_t(std::clamp<int64_t>(-column, 0, extent));
    t.columnTo = int32_t(std::clamp<int64_t>(source.width - column, 0, extent));
    t.in = source.data + (place.image * source.height + row) * rowStride + column * source.channels + block.channelStart;
    t.out = out.data + i * out.stride;
    kernels().winograd(t);
  }
}

void winogradGive(const WinogradGrid& grid, const WinogradMatrices& products, const WinogradBlock& block, float* y,
                  int64_t channels, const float* bias, int32_t activation) {
  const int64_t rowStride = grid.width * channels;
  WinogradTransform t = {};
  t.matrix = WinogradMatrix::result;
  t.tile = int32_t(grid.tile);
  t.inRow = grid.edge() * products.pitch;
  t.inColumn = products.pitch;
  t.outRow = rowStride;
  t.outColumn = channels;
  t.count = 1;
  t.channels = block.channels;
  t.bias = bias;
  t.activation = activation;
  for (int64_t i = 0; i < block.tiles; ++i) {
    const Place place = placeOf(grid, block.tileStart + i);
    t.rowTo = int32_t(std::min(grid.tile, grid.height - place.row));
    t.columnTo = int32_t(std::min(grid.tile, grid.width - place.column));
    t.in = products.data + i * products.stride;
    t.out = y + (place.image * grid.height + place.row) * rowStride + place.column * channels + block.channelStart;
    kernels().winograd(t);
  }
}

}  // namespace myelin::ops
