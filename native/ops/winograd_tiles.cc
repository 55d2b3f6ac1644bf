#include "winograd_tiles.h"

#include <string.h>

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

// The part of [start, start + extent) inside [0, size), counted from start.
struct Inside {
  int64_t from, to;
  Inside(int64_t start, int64_t extent, int64_t size)
      : from(std::clamp<int64_t>(-start, 0, extent)), to(std::clamp<int64_t>(size - start, from, extent)) {}
  bool whole(int64_t extent) const { return from == 0 && to == extent; }
};

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
                  const WinogradMatrices& out, float* gathered) {
  const auto transform = kernels().winograd;
  const int64_t width = wholeVectors(block.channels), extent = source.extent, rowStride = source.width * source.channels;
  WinogradTransform t = {matrix,    int32_t(grid.tile), nullptr, 0, 0, nullptr, grid.edge() * out.pitch,
                         out.pitch, width / 16,         nullptr, 0};
  for (int64_t i = 0; i < block.tiles; ++i) {
    const Place place = placeOf(grid, block.tileStart + i);
    const int64_t row = place.row - source.before[0], column = place.column - source.before[1];
    const Inside rows(row, extent, source.height), columns(column, extent, source.width);
    const float* image = source.data + place.image * source.height * rowStride + block.channelStart;
    if (rows.whole(extent) && columns.whole(extent) && width == block.channels) {
      t.in = image + row * rowStride + column * source.channels;
      t.inRow = rowStride;
      t.inColumn = source.channels;
    } else {
      t.in = gathered;
      t.inRow = extent * width;
      t.inColumn = width;
      memset(gathered, 0, size_t(extent * extent * width) * sizeof(float));
      for (int64_t r = rows.from; r < rows.to; ++r)
        for (int64_t c = columns.from; c < columns.to; ++c) {
          memcpy(gathered + (r * extent + c) * width, image + (row + r) * rowStride + (column + c) * source.channels,
                 size_t(block.channels) * sizeof(float));
        }
    }
    t.out = out.data + i * out.stride;
    transform(t);
  }
}

void winogradGive(const WinogradGrid& grid, const WinogradMatrices& products, const WinogradBlock& block, float* y,
                  int64_t channels, const float* bias, int32_t activation, float* gathered) {
  const auto transform = kernels().winograd;
  const int64_t width = wholeVectors(block.channels), tile = grid.tile, rowStride = grid.width * channels;
  WinogradTransform t = {WinogradMatrix::result,
                         int32_t(tile),
                         nullptr,
                         grid.edge() * products.pitch,
                         products.pitch,
                         nullptr,
                         0,
                         0,
                         width / 16,
                         bias,
                         activation};
  for (int64_t i = 0; i < block.tiles; ++i) {
    const Place place = placeOf(grid, block.tileStart + i);
    const int64_t rows = std::min(tile, grid.height - place.row), columns = std::min(tile, grid.width - place.column);
    float* to = y + (place.image * grid.height + place.row) * rowStride + place.column * channels + block.channelStart;
    const bool whole = rows == tile && columns == tile && width == block.channels;
    t.in = products.data + i * products.stride;
    t.out = whole ? to : gathered;
    t.outRow = whole ? rowStride : tile * width;
    t.outColumn = whole ? channels : width;
    transform(t);
    if (whole) continue;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        memcpy(to + r * rowStride + c * channels, gathered + (r * tile + c) * width, size_t(block.channels) * sizeof(float));
      }
  }
}

}  // namespace myelin::ops
