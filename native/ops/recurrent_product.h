// The product of a step: a few rows of states times the columns of a few units, tile by tile, so that what follows the product finds
// its sums in the first cache. The right side is packed once a call, or read in place where a step has too few rows to pay for that.
#pragma once
#include <stdint.h>

#include <algorithm>

#include "../runtime/dispatch.h"
#include "../runtime/threads.h"
#include "recurrent_plan.h"

namespace myelin::ops {

// [k, groups * columns]: the gates are groups of columns. Packed: blocks of at most `panel` columns, each the panels of all groups one
// after the other, so that a step reads the whole as one stream. In place: `stride` floats lie between rows of k.
struct RecurrentRight {
  const float* data;
  int64_t k, columns, groups;
  int64_t panel;
  int64_t stride;  // 0: packed
};

inline int64_t paddedWidth(int64_t width) { return (width + 15) / 16 * 16; }
inline int64_t packedFloats(int64_t k, int64_t columns, int64_t groups) { return paddedWidth(columns) * k * groups; }

// Up to so many rows take the weights as fast as the cache gives them: in long stretches, and those of x ahead for all steps.
constexpr int64_t fewRows = 6;

// Columns of a panel for steps of so many rows.
int64_t panelFor(int64_t rows);

// Rows of op(b) laid out as rows [start, start + count) of `right`; transposed, b is [columns, count] with `ldb` floats between its rows,
// else [count, groups * columns]. `data` is that of `right`.
void packRight(const RecurrentRight& right, int64_t start, int64_t count, const float* b, int64_t ldb, bool transposed, float* data);

// For a few rows and steps reading in place is faster; whole vectors only, since a part of one would reach beyond the array.
inline bool readsInPlace(int64_t rows, int64_t steps, int64_t columns) { return rows <= fewRows && steps < 8 && columns % 16 == 0; }

// The widest tile that takes `rows` rows and starts at `column`, which is 0 or the end of another one.
int64_t tileWidth(const RecurrentRight& right, int64_t rows, int64_t column, int64_t end);

struct RecurrentSteps {
  int64_t start, count;  // of k
};

// What the cells will read or write after the product, which lies beyond the second-level cache: `count` pairs of lines, `step` apart.
struct RecurrentAhead {
  const float* next;
  int64_t step, count;

  // A tile fetches a pair for each 16 steps of k.
  void give(GemmTile& tile) {
    const int64_t pairs = (tile.length + 15) / 16;
    tile.ahead = count > 0 ? next : nullptr;
    tile.aheadStride = 16;
    tile.aheadStep = step;
    next += pairs * step;
    count -= pairs;
  }
};

// c (+)= bias + a times columns [column, column + width) of a group, over the given steps of k, in order; width from tileWidth,
// rows <= gemmShape().rows. Of `ahead` it takes its share.
void multiplyTile(const RecurrentRight& right, int64_t group, int64_t column, int64_t width, const RecurrentSteps& steps, const float* a,
                  int64_t strideA, int64_t rows, float* c, int64_t strideC, bool load, const float* bias = nullptr,
                  RecurrentAhead* ahead = nullptr);

constexpr int64_t widestTile = 128;  // columns

// A step is cut for the threads by the shape alone: over units, so that each core keeps its share of the weights, and further over
// rows where there are few units. The threads meet after it.
struct RecurrentCut {
  int64_t units, rows;  // of a chunk
  bool parallel;
};
RecurrentCut cutOf(double cost, int64_t rows, int64_t units, int64_t panel, int64_t directions);

// Whether weights of k x columns stay in the second-level cache of a core.
bool staysCached(int64_t k, int64_t columns);

// Rows of a chunk that goes through a block of steps without meeting another, or 0: where each core should keep a share of the
// weights, or has too few rows. `even`: all rows take part in all steps.
int64_t rowsAlone(int64_t k, int64_t columns, int64_t rows, int64_t steps, bool even);

// Cycles of the products of one step with `columns` sums of k products, and of what follows them.
double stepCost(int64_t rows, int64_t k, int64_t columns);

// body(direction, rowStart, rowEnd, unitStart, unitEnd)
template <class Body> void eachChunk(const RecurrentCut& cut, int64_t rows, int64_t units, int64_t directions, Body&& body) {
  const int64_t unitChunks = (units + cut.units - 1) / cut.units, rowChunks = (rows + cut.rows - 1) / cut.rows;
  const int64_t chunks = unitChunks * rowChunks;
  const auto run = [&](int64_t i) {
    const int64_t chunk = i % chunks, u = chunk / rowChunks * cut.units, r = chunk % rowChunks * cut.rows;
    body(int(i / chunks), r, std::min(r + cut.rows, rows), u, std::min(u + cut.units, units));
  };
  if (!cut.parallel) {
    for (int64_t i = 0; i < chunks * directions; i++) run(i);
  } else {
    parallelFor(chunks * directions, [&](int64_t i, int) { run(i); });
  }
}

}  // namespace myelin::ops
