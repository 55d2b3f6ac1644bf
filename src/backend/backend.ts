/**
 * The interface between meaning and arithmetic. A kernel call is a name, flat arrays and plain numbers: it
 * allocates nothing, keeps nothing and has no state; outputs are passed in. So one call can run on the
 * addon or on the reference, be compared, or be recorded and replayed.
 *
 * All arrays are dense, row-major, channels last. Unless a method says otherwise an output may not overlap
 * an input. Shapes have been checked by the caller; lengths are checked again by the addon, which throws
 * rather than touch memory outside an array.
 */
import type { RecurrentCell } from './recurrent.js';

export type FloatArray = Float32Array | Float64Array;
export type AnyArray = Float32Array | Float64Array | Int32Array | Uint8Array;

export type UnaryOp =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'square'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal'
  | 'exp'
  | 'log'
  | 'sin'
  | 'cos'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'affine'
  | 'clip'
  | 'powScalar'
  | 'expm1'
  | 'log1p'
  | 'erf'
  | 'step'
  | 'leakyRelu'
  | 'elu'
  | 'gelu'
  | 'geluTanh'
  | 'silu'
  | 'mish'
  | 'softplus'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'hardTanh';
export type BinaryOp = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
export type CompareOp = 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';
export type ReduceOp = 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'sumSquares';
export type ArgReduceOp = 'argMax' | 'argMin';
/** Steps of optimizers. */
export type UpdateOp = 'sgd' | 'adagrad' | 'adadelta' | 'rprop' | 'rmsprop' | 'adam' | 'adamax' | 'nadam' | 'radam' | 'lion';
/** Applied to each result as it is written. */
export type Activation = 'linear' | 'relu' | 'sigmoid' | 'tanh';

/** A convolution and its two gradients. */
export type ConvKind = 'forward' | 'gradInput' | 'gradWeight';
/**
 * How a convolution is computed. 'auto' chooses by kind and geometry alone, never by timing. 'gemm', which every geometry can take, and
 * 'direct' sum the products as they are defined; 'winograd' transforms tiles, with fewer multiplications and a larger error.
 */
export type ConvAlgorithm = 'auto' | 'gemm' | 'direct' | 'winograd';

/**
 * Geometry of a convolution, one Int32Array with these fields. One and two dimensions are three with size 1.
 * `pad` is what stands before the first element; what stands behind it follows from the output size.
 */
export const convGeometryFields = [
  'batch',
  'inD',
  'inH',
  'inW',
  'inChannels',
  'outD',
  'outH',
  'outW',
  'outChannels',
  'kernelD',
  'kernelH',
  'kernelW',
  'strideD',
  'strideH',
  'strideW',
  'padD',
  'padH',
  'padW',
  'dilationD',
  'dilationH',
  'dilationW',
  'groups',
] as const;

/**
 * Geometry of pooling, one Int32Array with these fields; padding is never chosen as a maximum. Where the kernel is 0, the windows of
 * that axis are adaptive: window i is [floor(i * in / out), ceil((i + 1) * in / out)).
 */
export const poolGeometryFields = [
  'batch',
  'inD',
  'inH',
  'inW',
  'channels',
  'outD',
  'outH',
  'outW',
  'kernelD',
  'kernelH',
  'kernelW',
  'strideD',
  'strideH',
  'strideW',
  'padD',
  'padH',
  'padW',
  'dilationD',
  'dilationH',
  'dilationW',
] as const;

/** Geometry of resampling, one Int32Array with these fields. */
export const resampleGeometryFields = ['batch', 'inD', 'inH', 'inW', 'channels', 'outD', 'outH', 'outW'] as const;

export { type RecurrentCell, recurrentArrays, recurrentGates, recurrentGeometryFields } from './recurrent.js';

export interface Backend {
  readonly name: 'native' | 'reference';

  // ---- elementwise
  /**
   * y[i] = op(x[i]); y may be x. Parameters p, q: affine is p*x+q, clip is min(max(x, p), q),
   * powScalar is x^p, step is p at 0, leakyRelu has slope p below 0, elu is q*p*(e^x - 1) there and q*x above, softplus has beta p
   * and threshold q, hardSigmoid is clip(p*x+q, 0, 1), hardTanh is clip with no gradient at its ends; the others ignore them.
   * `round` rounds halves to even.
   */
  unary(op: UnaryOp, x: FloatArray, y: FloatArray, p: number, q: number): void;
  /** dx[i] = dy[i] * op'(x[i]), y = op(x); dx may be dy. What the op does not need (x or y) may be any array of the length. */
  unaryGrad(op: UnaryOp, x: FloatArray, y: FloatArray, dy: FloatArray, dx: FloatArray, p: number, q: number): void;
  /**
   * c = op(a, b) with broadcasting. dims = [rank, ...shape, ...stridesA, ...stridesB], in elements, stride 0
   * repeats; rank 0 to 8; c is dense with that shape and may be a or b where that one is not broadcast.
   */
  binary(op: BinaryOp, a: FloatArray, b: FloatArray, c: FloatArray, dims: Int32Array): void;
  /** c = 1 where the comparison holds, else 0; dims as for binary. */
  compare(op: CompareOp, a: AnyArray, b: AnyArray, c: Uint8Array, dims: Int32Array): void;
  /** c[i] = mask[i] ? a[i] : b[i]. */
  select(mask: Uint8Array, a: AnyArray, b: AnyArray, c: AnyArray): void;

  // ---- movement
  /** y[...] = value. */
  fill(y: AnyArray, value: number): void;
  /**
   * Strided copy: slices, transposes, concatenates, pads, flips, broadcasts.
   * dims = [rank, ...shape, ...stridesX, ...stridesY] in elements, rank 0 to 8; strides may be 0 (x only) or
   * negative; element (i...) goes from x[xOffset + i.stridesX] to y[yOffset + i.stridesY]. x, y of one type.
   */
  copy(x: AnyArray, y: AnyArray, dims: Int32Array, xOffset: number, yOffset: number): void;
  /** y[i] = x[i] converted as C does, but saturating; NaN becomes 0 in an integer. */
  cast(x: AnyArray, y: AnyArray): void;

  // ---- reduce
  /** x is [outer, length, inner], y is [outer, inner]. sum, mean of nothing are 0, NaN; max and min want length >= 1 and pass NaN on. */
  reduce(op: ReduceOp, x: FloatArray, y: FloatArray, outer: number, length: number, inner: number): void;
  /** Index of the first extreme along the middle axis; NaN counts as extreme. */
  argReduce(op: ArgReduceOp, x: FloatArray, y: Int32Array, outer: number, length: number, inner: number): void;

  // ---- softmax (rows of `cols`, stable)
  softmax(x: FloatArray, y: FloatArray, rows: number, cols: number, log: boolean): void;
  /** dx from y = softmax(x) (or log-softmax) and dy; dx may be dy. */
  softmaxGrad(y: FloatArray, dy: FloatArray, dx: FloatArray, rows: number, cols: number, log: boolean): void;
  /** loss[r] = -log softmax(logits[r])[labels[r]]; probabilities = softmax(logits). A label outside [0, cols) throws. */
  crossEntropy(
    logits: FloatArray,
    labels: Int32Array,
    loss: FloatArray,
    probabilities: FloatArray,
    rows: number,
    cols: number,
  ): void;
  /** dlogits[r][c] = dloss[r] * (probabilities[r][c] - [c == labels[r]]); dlogits may be probabilities. */
  crossEntropyGrad(
    probabilities: FloatArray,
    labels: Int32Array,
    dloss: FloatArray,
    dlogits: FloatArray,
    rows: number,
    cols: number,
  ): void;

  // ---- norm: geometry = [outer, length, groups, width] is the shape of x; mean and variance are [outer, groups], over length and
  // width; scale and shift are [groups, width], or null for 1 and 0. So layer normalisation has [rows, 1, 1, columns], batch
  // normalisation [1, rows, channels, 1], instance normalisation [batch, positions, channels, 1], group normalisation [batch,
  // positions, groups, channels / groups].
  /**
   * y = (x - mean) / sqrt(variance + epsilon) * scale + shift. Mean and (biased) variance are those of x and are written; where `fixed`
   * they are given. Without a mean (null) 0 takes its place: variance is then the mean of the squares. Where `relu`, y is max(y, 0).
   */
  norm(
    x: FloatArray,
    scale: FloatArray | null,
    shift: FloatArray | null,
    mean: FloatArray | null,
    variance: FloatArray,
    y: FloatArray,
    geometry: Int32Array,
    epsilon: number,
    fixed: boolean,
    relu: boolean,
  ): void;
  /**
   * From dy to dx, dscale and dshift, any of which may be null; dx may be dy. Mean and variance are as `norm` left them; where `fixed`
   * they count as constants. After a relu, `rectified` is the y that `norm` gave: dy counts only where that is above 0. Else it is null.
   */
  normGrad(
    x: FloatArray,
    dy: FloatArray,
    scale: FloatArray | null,
    mean: FloatArray | null,
    variance: FloatArray,
    dx: FloatArray | null,
    dscale: FloatArray | null,
    dshift: FloatArray | null,
    geometry: Int32Array,
    epsilon: number,
    fixed: boolean,
    rectified: FloatArray | null,
  ): void;

  // ---- gemm
  /**
   * c = act(op(a) op(b) + bias), or c += ... where accumulate is set (then bias null, act 'linear').
   * op(a) is [m, k]: a is [m, k] with row stride lda, or [k, m] where transA; op(b) is [k, n] likewise. bias is [n].
   * `batch` independent products, whose matrices start batchStrideA (B, C) elements apart; stride 0 shares one.
   * Each element sums its k products in the order of k, starting from c, bias or 0.
   */
  gemm(
    a: FloatArray,
    b: FloatArray,
    c: FloatArray,
    bias: FloatArray | null,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldb: number,
    ldc: number,
    transA: boolean,
    transB: boolean,
    accumulate: boolean,
    activation: Activation,
    batch: number,
    batchStrideA: number,
    batchStrideB: number,
    batchStrideC: number,
  ): void;
  /** Elements that gemmPack writes for op(b) of [k, n]. */
  gemmPackedSize(n: number, k: number): number;
  /** Lays op(b) out as gemmPacked wants it. The layout is private to the backend and the instruction set. */
  gemmPack(b: FloatArray, packed: FloatArray, n: number, k: number, ldb: number, transB: boolean): void;
  /** c = act(op(a) b + bias) with b from gemmPack: the same bits as gemm. */
  gemmPacked(
    a: FloatArray,
    packed: FloatArray,
    c: FloatArray,
    bias: FloatArray | null,
    m: number,
    n: number,
    k: number,
    lda: number,
    ldc: number,
    transA: boolean,
    activation: Activation,
  ): void;

  // ---- conv (cross-correlation, as every framework has it)
  /**
   * y = act(conv(x, w) + bias). x [batch, inD, inH, inW, inChannels], w [kD, kH, kW, inChannels/groups, outChannels],
   * y [batch, outD, outH, outW, outChannels]; group g owns the channels [g*C/groups, (g+1)*C/groups) of both. Zeros stand
   * outside of x. An algorithm that the geometry is not eligible for (`convAlgorithm`) is refused; so in the gradients.
   */
  conv(
    x: FloatArray,
    w: FloatArray,
    bias: FloatArray | null,
    y: FloatArray,
    geometry: Int32Array,
    activation: Activation,
    algorithm: ConvAlgorithm,
  ): void;
  /** dx = gradient of the loss to x, from dy; overwrites dx. */
  convGradInput(dy: FloatArray, w: FloatArray, dx: FloatArray, geometry: Int32Array, algorithm: ConvAlgorithm): void;
  /** dw = gradient of the loss to w, from x and dy; overwrites dw. */
  convGradWeight(x: FloatArray, dy: FloatArray, dw: FloatArray, geometry: Int32Array, algorithm: ConvAlgorithm): void;
  /**
   * What a call would take: for 'auto' the algorithm chosen, else `algorithm` itself where the geometry is eligible for it, 'auto'
   * where not. The reference has one way for all and is eligible for everything.
   */
  convAlgorithm(kind: ConvKind, geometry: Int32Array, algorithm: ConvAlgorithm): ConvAlgorithm;

  // ---- pool
  /** Maximum of each window; indices (if not null) receive its position in the input plane, (d*inH + h)*inW + w, the first of equals; NaN wins. */
  maxPool(x: FloatArray, y: FloatArray, indices: Int32Array | null, geometry: Int32Array): void;
  /** dx = dy added at the indices; the rest 0. An index outside the plane throws. */
  maxPoolGrad(dy: FloatArray, indices: Int32Array, dx: FloatArray, geometry: Int32Array): void;
  /**
   * y = x at the indices, the last of several at one cell, the rest 0. dims = [batch, positions, plane, channels]: x and indices are
   * [batch, positions, channels], y is [batch, plane, channels]. An index outside the plane throws.
   */
  maxUnpool(x: FloatArray, indices: Int32Array, y: FloatArray, dims: Int32Array): void;
  /** dx = dy at the indices; dims as for maxUnpool. */
  maxUnpoolGrad(dy: FloatArray, indices: Int32Array, dx: FloatArray, dims: Int32Array): void;

  // ---- resample
  /**
   * A sparse matrix applied to each spatial axis: x is [batch, inD, inH, inW, channels], y [batch, outD, outH, outW, channels]. The
   * matrices are stacked, depth before height before width: row r of the outD + outH + outW has weights[k] at cells[k] of its axis for
   * k in [starts[r], starts[r + 1]), and is divided by divisors[r]; starts[0] is 0. A row without taps gives 0. Averages over
   * windows, interpolation, and the gradients of both.
   */
  resample(
    x: FloatArray,
    y: FloatArray,
    geometry: Int32Array,
    starts: Int32Array,
    cells: Int32Array,
    weights: FloatArray,
    divisors: FloatArray,
  ): void;

  // ---- recurrent
  //
  // Order of sums. A pre-activation starts from the bias (biasInput + biasRecurrent, summed first), upon which the products of x are
  // added in order of k, as gemm does, then those of h (times mask), then p * c. In
  // gru the gate n has a sum of its own for h, from 0 in order of k, then biasRecurrent. h' and c' are rounded to the arrays' type at
  // each step, and so are the gradients of h and c on their way back; that of h at a step is the one that came back plus dy, rounded.
  // dx of two directions is the sum of both, each summed by itself first. So rows do not depend on each other, nor on how many there
  // are; two directions give the bits of two runs, and a sequence gives the same bits in one call or in several with states carried.
  // Only the gradients of weights are sums over rows and steps.
  /** Floats that `kept` of the next two has; what they mean is private to the backend. */
  recurrentKeptSize(cell: RecurrentCell, geometry: Int32Array): number;
  /**
   * A layer over whole sequences. x [batch, steps, in], y [batch, steps, directions*out], both directions side by side. Steps from
   * lengths[b] (0 to steps, null: all) on are padding: what x holds there is not read, y is 0, states pass unchanged. `arrays` are
   * those of recurrentArrays for each direction; y is null where only the finals are wanted, which are hN [batch, out] and cN [batch,
   * units] for each, null where not wanted. What backward needs goes to `kept`, unless null.
   */
  recurrent(
    cell: RecurrentCell,
    x: FloatArray,
    arrays: readonly (FloatArray | null)[],
    lengths: Int32Array | null,
    y: FloatArray | null,
    finals: readonly (FloatArray | null)[],
    kept: FloatArray | null,
    geometry: Int32Array,
  ): void;
  /**
   * From dy and dfinals (as y and finals; null is 0) to dx and darrays: as `arrays` but without the mask, so 8 a direction, null where
   * not wanted; all overwritten. y and kept are as `recurrent` left them. What dy holds in the padding is not read, dx is 0 there.
   */
  recurrentGrad(
    cell: RecurrentCell,
    x: FloatArray,
    arrays: readonly (FloatArray | null)[],
    lengths: Int32Array | null,
    y: FloatArray,
    kept: FloatArray,
    dy: FloatArray | null,
    dfinals: readonly (FloatArray | null)[],
    dx: FloatArray | null,
    darrays: readonly (FloatArray | null)[],
    geometry: Int32Array,
  ): void;

  // ---- indexing
  /** y[i] = x[indices[i]], rows of `width` elements; an index outside throws. */
  gatherRows(x: AnyArray, indices: Int32Array, y: AnyArray, width: number): void;
  /** x[indices[i]] += y[i] in the order of i, rows of `width`; an index outside throws, before anything is written. */
  scatterAddRows(y: FloatArray, indices: Int32Array, x: FloatArray, width: number): void;

  // ---- random: Philox 4x32-10 (Salmon et al., 2011). state = [seedLow, seedHigh, stream, call] is the key and half of the
  // counter; element i takes word i % 4 of the block with counter [i / 4 low, i / 4 high, stream, call], key [seedLow, seedHigh].
  /** y[i] = kept ? x[i] * (1 / (1 - rate)) : 0, where word i >= floor(rate * 2^32). Its own gradient, with the same state. */
  dropout(x: FloatArray, y: FloatArray, rate: number, state: Uint32Array): void;
  /** y[i] = low + (high - low) * (word i >>> 8) / 2^24, each step rounded to the array's type. */
  uniform(y: FloatArray, low: number, high: number, state: Uint32Array): void;

  // ---- update (hyper-parameters live in an array, so that a recorded step can be replayed with others)
  /**
   * One step of an optimizer on one parameter, in one pass. `a`, `b`, `c` are what it keeps between steps, of the length of param;
   * null where the op has no such array, or does without (marked ?). hyper = [scale, limit, decay, shrink, ...own]:
   * g = clip(scale*grad, -limit, limit) + decay*param; param *= shrink; then by op, with mean(beta, m, x) = beta*m + (1-beta)*x:
   *
   * | op | own | a, b, c | |
   * |---|---|---|---|
   * | sgd | lr, momentum, fresh, nesterov 0/1 | velocity? | v = momentum*v + fresh*g; param -= lr*(nesterov ? g + momentum*v : v) |
   * | adagrad | rate, epsilon | sum | sum += g^2; param -= rate*g / (sqrt(sum) + epsilon) |
   * | adadelta | lr, rho, epsilon | s, d | s = mean(rho, s, g^2); x = sqrt((d+epsilon)/(s+epsilon))*g; d = mean(rho, d, x^2); param -= lr*x |
   * | rprop | shrink, grow, smallest, largest | last, size | size *= shrink where g*last < 0 (and g = 0 then), grow where > 0; clip; param -= sign(g)*size |
   * | rmsprop | lr, alpha, epsilon, momentum | s, m?, v? | s = mean(alpha, s, g^2); m = mean(alpha, m, g); x = g / (sqrt(s - m^2) + epsilon); v = momentum*v + x; param -= lr*v |
   * | adam | rate, beta1, fresh1, beta2, fresh2, epsilon, root | m, v, top? | m = beta1*m + fresh1*g; v = beta2*v + fresh2*g^2; top = max(top, v); param -= rate*m / (sqrt(top)*root + epsilon) |
   * | adamax | rate, beta1, beta2, epsilon | m, u | m = mean(beta1, m, g); u = max(beta2*u, abs(g) + epsilon); param -= rate*m / u |
   * | nadam | rateOfNew, rateOfMean, beta1, beta2, epsilon, root | m, v | m, v as means; param -= (rateOfNew*g + rateOfMean*m) / (sqrt(v)*root + epsilon) |
   * | radam | rate, beta1, beta2, epsilon, adaptive 0/1 | m, v | m, v as means; param -= rate * (adaptive ? m / (sqrt(v) + epsilon) : m) |
   * | lion | lr, beta1, beta2 | m | param -= lr*sign(mean(beta1, m, g)); m = mean(beta2, m, g) |
   */
  update(
    op: UpdateOp,
    param: FloatArray,
    grad: FloatArray,
    a: FloatArray | null,
    b: FloatArray | null,
    c: FloatArray | null,
    hyper: Float64Array,
  ): void;
}
