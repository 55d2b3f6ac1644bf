// Strided copies of a block of rows and columns, and casts. Elements are moved as bits of 1, 4 or 8 bytes. Where the columns are
// contiguous on both sides a row is copied by vectors; where x is contiguous along the rows and y along the columns the block is
// transposed; anything else goes element by element.
//
// The transpose of 4-byte elements takes 16 columns x 4 rows at a time: four vectors, each made of four 16-byte pieces that lie
// four columns apart, are transposed in groups of four lanes, and come out as four whole rows of 16. Four such steps go through a
// tile that was first copied to the stack, so that each cache line of x is touched once: where columns lie a power of two apart
// they all fall into one set of the cache and would not stay there.

template <class T> SIMD void copyElements(const T* x, T* y, int64_t n, int64_t stepX, int64_t stepY) {
  for (int64_t i = 0; i < n; i++) y[i * stepY] = x[i * stepX];
}

template <class T>
void copyStrided(const void* from, void* to, int64_t rows, int64_t cols, int64_t rowX, int64_t colX, int64_t rowY, int64_t colY) {
  for (int64_t r = 0; r < rows; r++) {
    const T* x = static_cast<const T*>(from) + r * rowX;
    T* y = static_cast<T*>(to) + r * rowY;
    if (colX == 0 && colY == 1) {
      const T value = *x;
      for (int64_t i = 0; i < cols; i++) y[i] = value;
    } else {
      copyElements(x, y, cols, colX, colY);
    }
  }
}

// A row of `bytes` bytes. Long ones are the C library's affair.
SIMD void copyContiguousRow(const uint8_t* x, uint8_t* y, int64_t bytes) {
  constexpr int64_t vectorBytes = 64, longRow = 1024;
  if (bytes >= longRow || bytes % 4 != 0) {
    __builtin_memcpy(y, x, static_cast<size_t>(bytes));
    return;
  }
  for (; bytes >= vectorBytes; bytes -= vectorBytes, x += vectorBytes, y += vectorBytes) istore(y, iload(x));
  const int rest = static_cast<int>(bytes / 4);
  const float* words = reinterpret_cast<const float*>(x);
  if (rest > 0) storePart(reinterpret_cast<float*>(y), loadPart(words, rest), rest);
}

template <class T> void transposeElements(const void* from, void* to, int64_t rows, int64_t cols, int64_t colX, int64_t rowY) {
  constexpr int64_t tile = 16;
  const T* x = static_cast<const T*>(from);
  T* y = static_cast<T*>(to);
  for (int64_t r0 = 0; r0 < rows; r0 += tile) {
    const int64_t lastRow = rows - r0 < tile ? rows : r0 + tile;
    for (int64_t c0 = 0; c0 < cols; c0 += tile) {
      const int64_t lastCol = cols - c0 < tile ? cols : c0 + tile;
      for (int64_t r = r0; r < lastRow; r++)
        for (int64_t c = c0; c < lastCol; c++) y[r * rowY + c] = x[c * colX + r];
    }
  }
}

SIMD void transposeFourRows(const float* x, float* y, int64_t colX, int64_t rowY) {
  F16 v[4];
  for (int i = 0; i < 4; i++) v[i] = loadQuads(x + i * colX, x + (4 + i) * colX, x + (8 + i) * colX, x + (12 + i) * colX);
  transposeQuads(v[0], v[1], v[2], v[3]);
  for (int i = 0; i < 4; i++) store(y + i * rowY, v[i]);
}

void transposeFloats(const float* x, float* y, int64_t rows, int64_t cols, int64_t colX, int64_t rowY) {
  constexpr int side = 16;
  const int64_t wholeRows = rows & ~int64_t{3}, wholeCols = cols & ~int64_t{15};
  alignas(64) float tile[side * side];
  int64_t r = 0;
  for (; r + side <= wholeRows; r += side) {
    for (int64_t c = 0; c < wholeCols; c += side) {
      for (int i = 0; i < side; i++) store(tile + i * side, load(x + (c + i) * colX + r));
      for (int i = 0; i < side; i += 4) transposeFourRows(tile + i, y + (r + i) * rowY + c, side, rowY);
    }
  }
  for (; r < wholeRows; r += 4) {
    for (int64_t c = 0; c < wholeCols; c += side) transposeFourRows(x + c * colX + r, y + r * rowY + c, colX, rowY);
  }
  transposeElements<uint32_t>(x + wholeRows, y + wholeRows * rowY, rows - wholeRows, wholeCols, colX, rowY);
  transposeElements<uint32_t>(x + wholeCols * colX, y + wholeCols, rows, cols - wholeCols, colX, rowY);
}

// y[r * rowY + c * colY] = x[r * rowX + c * colX].
void copyBlock(int32_t size, const void* x, void* y, int64_t rows, int64_t cols, int64_t rowX, int64_t colX, int64_t rowY,
               int64_t colY) {
  if (colX == 1 && colY == 1) {
    const uint8_t* from = static_cast<const uint8_t*>(x);
    uint8_t* to = static_cast<uint8_t*>(y);
    for (int64_t r = 0; r < rows; r++) copyContiguousRow(from + r * rowX * size, to + r * rowY * size, cols * size);
  } else if (rowX == 1 && colY == 1 && rows > 1) {
    if (size == 4) {
      transposeFloats(static_cast<const float*>(x), static_cast<float*>(y), rows, cols, colX, rowY);
    } else {
      (size == 8 ? transposeElements<uint64_t> : transposeElements<uint8_t>)(x, y, rows, cols, colX, rowY);
    }
  } else {
    const auto copy = size == 4 ? copyStrided<uint32_t> : size == 8 ? copyStrided<uint64_t> : copyStrided<uint8_t>;
    copy(x, y, rows, cols, rowX, colX, rowY, colY);
  }
}

// What an integer type cannot hold saturates; NaN, which fails the comparison with itself, is 0.
template <class To> struct Convert {
  template <class From> SIMD To of(From x) { return static_cast<To>(x); }
};
template <> struct Convert<int32_t> {
  SIMD int32_t of(uint8_t x) { return x; }
  template <class From> SIMD int32_t of(From x) {
    const From low = static_cast<From>(-2147483648.0), beyond = static_cast<From>(2147483648.0);
    return x >= beyond ? INT32_MAX : x > low ? static_cast<int32_t>(x) : x <= low ? INT32_MIN : 0;
  }
};
template <> struct Convert<uint8_t> {
  template <class From> SIMD uint8_t of(From x) {
    const From bounded = x > 255 ? From{255} : x > 0 ? x : From{0};
    return static_cast<uint8_t>(static_cast<int32_t>(bounded));
  }
};

template <class From, class To> void castLoop(const void* x, void* y, int64_t n) {
  const From* from = static_cast<const From*>(x);
  To* __restrict to = static_cast<To*>(y);
  for (int64_t i = 0; i < n; i++) to[i] = Convert<To>::of(from[i]);
}

// From one Type (runtime/args.h) to another.
void cast(int32_t from, int32_t to, const void* x, void* y, int64_t n) {
  using Loop = void (*)(const void*, void*, int64_t);
  static constexpr Loop loops[4][4] = {
      {nullptr, castLoop<float, double>, castLoop<float, int32_t>, castLoop<float, uint8_t>},
      {castLoop<double, float>, nullptr, castLoop<double, int32_t>, castLoop<double, uint8_t>},
      {castLoop<int32_t, float>, castLoop<int32_t, double>, nullptr, castLoop<int32_t, uint8_t>},
      {castLoop<uint8_t, float>, castLoop<uint8_t, double>, castLoop<uint8_t, int32_t>, nullptr},
  };
  loops[from][to](x, y, n);
}
