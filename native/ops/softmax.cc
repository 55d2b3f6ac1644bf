// Softmax, log-softmax and cross-entropy of rows: checks, and rows split over the threads.
#include "ops.h"

#include <atomic>

#include "../runtime/dispatch.h"
#include "split.h"

namespace myelin::ops {
namespace {

// An exponential costs several elements' worth of memory traffic.
constexpr int64_t weightOfElement = 4;

bool isMatrix(size_t length, int64_t rows, int64_t cols) {
  int64_t product;
  return rows >= 0 && cols >= 0 && !__builtin_mul_overflow(rows, cols, &product) && static_cast<size_t>(product) == length;
}

Status notMatrix() { return Status::error("expected arrays of rows * cols elements"); }
Status badLabel() { return Status::error("expected labels from 0 to cols - 1"); }

template <class F> void splitRows(int64_t rows, int64_t cols, F&& body) {
  splitElements(rows, (cols + 1) * weightOfElement, body);
}

// As splitRows; false if the body returned false for any of its parts.
template <class F> bool splitRowsAll(int64_t rows, int64_t cols, F&& body) {
  std::atomic<bool> fine{true};
  splitRows(rows, cols, [&](int64_t first, int64_t n) {
    if (!body(first, n)) fine.store(false, std::memory_order_relaxed);
  });
  return fine.load(std::memory_order_relaxed);
}

}  // namespace

Status softmax(In<float> x, OutOver<float> y, int64_t rows, int64_t cols, bool log) {
  if (!isMatrix(x.length, rows, cols) || y.length != x.length) return notMatrix();
  if (cols == 0) return Status::ok();
  splitRows(rows, cols, [&](int64_t first, int64_t n) {
    kernels().softmax(x.data + first * cols, y.data + first * cols, n, cols, log);
  });
  return Status::ok();
}

Status softmaxGrad(In<float> y, In<float> dy, OutOver<float> dx, int64_t rows, int64_t cols, bool log) {
  if (!isMatrix(y.length, rows, cols) || dy.length != y.length || dx.length != y.length) return notMatrix();
  if (cols == 0) return Status::ok();
  splitRows(rows, cols, [&](int64_t first, int64_t n) {
    kernels().softmaxGrad(y.data + first * cols, dy.data + first * cols, dx.data + first * cols, n, cols, log);
  });
  return Status::ok();
}

Status crossEntropy(In<float> logits, In<int32_t> labels, Out<float> loss, Out<float> probabilities, int64_t rows, int64_t cols) {
  if (!isMatrix(logits.length, rows, cols) || probabilities.length != logits.length) return notMatrix();
  if (labels.length != static_cast<size_t>(rows) || loss.length != static_cast<size_t>(rows)) {
    return Status::error("expected a label and a loss for each row");
  }
  const bool fine = splitRowsAll(rows, cols, [&](int64_t first, int64_t n) {
    return kernels().crossEntropy(logits.data + first * cols, labels.data + first, loss.data + first,
                                  probabilities.data + first * cols, n, cols);
  });
  return fine ? Status::ok() : badLabel();
}

Status crossEntropyGrad(In<float> probabilities, In<int32_t> labels, In<float> dloss, OutOver<float> dlogits, int64_t rows,
                        int64_t cols) {
  if (!isMatrix(probabilities.length, rows, cols) || dlogits.length != probabilities.length) return notMatrix();
  if (labels.length != static_cast<size_t>(rows) || dloss.length != static_cast<size_t>(rows)) {
    return Status::error("expected a label and a gradient of the loss for each row");
  }
  const bool fine = splitRowsAll(rows, cols, [&](int64_t first, int64_t n) {
    return kernels().crossEntropyGrad(probabilities.data + first * cols, labels.data + first, dloss.data + first,
                                      dlogits.data + first * cols, n, cols);
  });
  return fine ? Status::ok() : badLabel();
}

}  // namespace myelin::ops
