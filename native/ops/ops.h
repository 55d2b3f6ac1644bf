// Every kernel call, with the contract of src/backend/backend.ts (shapes, order of sums, errors). Each op checks the
// lengths of its arrays against its numbers before it touches memory; index arrays are checked element by element, each read once.
// Operations and activations come as the index of their line in kernels/unary.def, binary.def and update.def, or of the enums below.
#pragma once
#include "../runtime/args.h"

namespace myelin::ops {

#define MYELIN_COMPARE_OPS(X) X(equal) X(notEqual) X(less) X(lessEqual) X(greater) X(greaterEqual)
#define MYELIN_REDUCE_OPS(X) X(sum) X(mean) X(max) X(min) X(prod) X(sumSquares)
#define MYELIN_ARG_REDUCE_OPS(X) X(argMax) X(argMin)
#define MYELIN_ACTIVATIONS(X) X(linear) X(relu) X(sigmoid) X(tanh)

// Each with its name in JavaScript.
#define MYELIN_CONV_ALGORITHMS(X) X(automatic, "auto") X(gemm, "gemm") X(direct, "direct") X(winograd, "winograd")
#define MYELIN_CONV_KINDS(X) X(forward) X(gradInput) X(gradWeight)

#define MYELIN_ENUMERATOR(name) name,
enum class CompareOp : int32_t { MYELIN_COMPARE_OPS(MYELIN_ENUMERATOR) count };
enum class ReduceOp : int32_t { MYELIN_REDUCE_OPS(MYELIN_ENUMERATOR) count };
enum class ArgReduceOp : int32_t { MYELIN_ARG_REDUCE_OPS(MYELIN_ENUMERATOR) count };
enum class Activation : int32_t { MYELIN_ACTIVATIONS(MYELIN_ENUMERATOR) count };
enum class ConvKind : int32_t { MYELIN_CONV_KINDS(MYELIN_ENUMERATOR) count };
#undef MYELIN_ENUMERATOR
#define MYELIN_ENUMERATOR(name, text) name,
enum class ConvAlgorithm : int32_t { MYELIN_CONV_ALGORITHMS(MYELIN_ENUMERATOR) count };
#undef MYELIN_ENUMERATOR

// elementwise.cc
Status unary(int32_t op, In<float> x, OutOver<float> y, double p, double q);
Status unaryGrad(int32_t op, In<float> x, In<float> y, In<float> dy, OutOver<float> dx, double p, double q);
Status binary(int32_t op, In<float> a, In<float> b, OutOver<float> c, Dims dims);
Status compare(int32_t op, AnyIn a, AnyIn b, Out<uint8_t> c, Dims dims);
Status select(In<uint8_t> mask, AnyIn a, AnyIn b, AnyOutOver c);

// movement.cc
Status fill(AnyOut y, double value);
Status copy(AnyIn x, AnyOut y, Dims dims, int64_t xOffset, int64_t yOffset);
Status cast(AnyIn x, AnyOut y);

// reduce.cc
Status reduce(int32_t op, In<float> x, Out<float> y, int64_t outer, int64_t length, int64_t inner);
Status argReduce(int32_t op, In<float> x, Out<int32_t> y, int64_t outer, int64_t length, int64_t inner);

// softmax.cc
Status softmax(In<float> x, OutOver<float> y, int64_t rows, int64_t cols, bool log);
Status softmaxGrad(In<float> y, In<float> dy, OutOver<float> dx, int64_t rows, int64_t cols, bool log);
Status crossEntropy(In<float> logits, In<int32_t> labels, Out<float> loss, Out<float> probabilities, int64_t rows, int64_t cols);
Status crossEntropyGrad(In<float> probabilities, In<int32_t> labels, In<float> dloss, OutOver<float> dlogits, int64_t rows, int64_t cols);

// norm.cc
Status norm(In<float> x, Opt<In<float>> scale, Opt<In<float>> shift, Opt<InOut<float>> mean, InOut<float> variance, Out<float> y,
            Dims geometry, double epsilon, bool fixed, bool relu);
Status normGrad(In<float> x, In<float> dy, Opt<In<float>> scale, Opt<In<float>> mean, In<float> variance, Opt<OutOver<float>> dx,
                Opt<Out<float>> dscale, Opt<Out<float>> dshift, Dims geometry, double epsilon, bool fixed,
                Opt<In<float>> rectified);

// gemm.cc
Status gemm(In<float> a, In<float> b, InOut<float> c, Opt<In<float>> bias, int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb,
            int64_t ldc, bool transA, bool transB, bool accumulate, int32_t activation, int64_t batch, int64_t batchStrideA,
            int64_t batchStrideB, int64_t batchStrideC);
int64_t gemmPackedSize(int64_t n, int64_t k);
Status gemmPack(In<float> b, Out<float> packed, int64_t n, int64_t k, int64_t ldb, bool transB);
Status gemmPacked(In<float> a, In<float> packed, Out<float> c, Opt<In<float>> bias, int64_t m, int64_t n, int64_t k, int64_t lda,
                  int64_t ldc, bool transA, int32_t activation);

// conv.cc
Status conv(In<float> x, In<float> w, Opt<In<float>> bias, Out<float> y, Dims geometry, int32_t activation,
            int32_t algorithm);
Status convGradInput(In<float> dy, In<float> w, Out<float> dx, Dims geometry, int32_t algorithm);
Status convGradWeight(In<float> x, In<float> dy, Out<float> dw, Dims geometry, int32_t algorithm);
int64_t convAlgorithm(int32_t kind, Dims geometry, int32_t algorithm);

// pool.cc
Status maxPool(In<float> x, Out<float> y, Opt<Out<int32_t>> indices, Dims geometry);
Status maxPoolGrad(In<float> dy, In<int32_t> indices, Out<float> dx, Dims geometry);
Status maxUnpool(In<float> x, In<int32_t> indices, Out<float> y, Dims dims);
Status maxUnpoolGrad(In<float> dy, In<int32_t> indices, Out<float> dx, Dims dims);

// resample.cc
Status resample(In<float> x, Out<float> y, Dims geometry, In<int32_t> starts, In<int32_t> cells, In<float> weights,
                In<float> divisors);

// recurrent.cc, recurrent_grad.cc: lists of nine arrays, eight gradients and two final states for each of at most two directions
int64_t recurrentKeptSize(int32_t cell, Dims geometry);
Status recurrent(int32_t cell, In<float> x, Ins<float, 18> arrays, Opt<In<int32_t>> lengths, Opt<Out<float>> y,
                 Outs<float, 4> finals, Opt<Out<float>> kept, Dims geometry);
Status recurrentGrad(int32_t cell, In<float> x, Ins<float, 18> arrays, Opt<In<int32_t>> lengths, In<float> y, In<float> kept,
                     Opt<In<float>> dy, Ins<float, 4> dfinals, Opt<Out<float>> dx, Outs<float, 16> darrays, Dims geometry);

// indexing.cc
Status gatherRows(AnyIn x, In<int32_t> indices, AnyOut y, int64_t width);
Status scatterAddRows(In<float> y, In<int32_t> indices, InOut<float> x, int64_t width);

// random.cc
Status dropout(In<float> x, OutOver<float> y, double rate, In<uint32_t> state);
Status uniform(Out<float> y, double low, double high, In<uint32_t> state);

// update.cc
Status update(int32_t op, InOut<float> param, In<float> grad, Opt<InOut<float>> a, Opt<InOut<float>> b, Opt<InOut<float>> c,
              In<double> hyper);

}  // namespace myelin::ops
