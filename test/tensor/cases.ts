import {
  acrossParts,
  attachGradient,
  attention,
  checkpoint,
  concat,
  constant,
  type DType,
  einsum,
  grad,
  jvp,
  scan,
  scatterAdd,
  scatterAddElements,
  stack,
  straightThrough,
  type Tensor,
  vmap,
  watch,
  where,
} from "../../src/tensor/index.js";

/**
 * One entry of goldens/ops/ops.json: inputs, output, and gradients of Σ output·cotangent (absent: no gradient flows).
 */
export interface Golden {
  inputs: Record<string, { shape: number[]; dtype: DType; data: number[] }>;
  shape: number[];
  output: number[];
  cotangent?: number[];
  gradients?: Record<string, number[]>;
}

export interface OpCase {
  /** The golden's key. */
  name: string;
  build(inputs: Record<string, Tensor>): Tensor;
  /** False where the gradient deliberately is not the derivative of the value, or is one of several at a kink. */
  finiteDifferences?: false;
}

const methods = (...names: (keyof Tensor & string)[]): Record<string, OpCase["build"]> =>
  Object.fromEntries(names.map((name) => [name, ({ x }) => (x[name] as () => Tensor).call(x)]));
const operators = (...names: (keyof Tensor & string)[]): Record<string, OpCase["build"]> =>
  Object.fromEntries(names.map((name) => [name, ({ a, b }) => (a[name] as (other: Tensor) => Tensor).call(a, b)]));
const iota = (n: number) =>
  constant(
    Int32Array.from({ length: n }, (_, i) => i),
    [n],
    "int32",
  );

/** The gradient of Σ y³. */
const slope = (y: Tensor, of: Tensor) => grad(y.pow(3).sum(), [of])[0];

const equations = [
  "bqd,bkd->bqk",
  "ij,jk,kl->li",
  "ba,ac",
  "i,j->ij",
  "ii->",
  "iji->ji",
  "abc->c",
  "...ij,...jk->...ik",
  "bhwc,co->bhwo",
  "ab,ab->",
];

/** The tangent of a function whose primals and tangents are the inputs in turn. */
const tangent =
  (f: (...primals: Tensor[]) => Tensor): OpCase["build"] =>
  (inputs) => {
    const list = Object.values(inputs);
    const [primals, tangents] = [0, 1].map((odd) => list.filter((_, i) => i % 2 === odd));
    return jvp(f, primals, tangents)[1];
  };
const residual = (w: Tensor) => (x: Tensor) => x.add(x.matmul(w).tanh().matmul(w));

const builds: Record<string, OpCase["build"]> = {
  ...operators("add", "sub", "mul", "div", "pow", "maximum", "minimum", "matmul", "cdist"),
  ...operators("equal", "greater", "greaterOrEqual", "less", "lessOrEqual", "and", "or"),
  ...methods("neg", "abs", "sign", "floor", "round", "exp", "log", "sqrt", "reciprocal", "square", "relu"),
  ...methods(
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "erf",
    "sigmoid",
    "tanh",
    "softplus",
    "logSigmoid",
    "silu",
    "gelu",
    "geluTanh",
  ),
  ...methods("softmax", "layerNorm", "variance", "argmin"),
  ...Object.fromEntries(equations.map((e) => [`einsum: ${e}`, (inputs) => einsum(e, ...Object.values(inputs))])),

  "add: both broadcast": ({ a, b }) => a.add(b),
  "mul: by a broadcast tensor": ({ a, b }) => a.mul(b.broadcastTo([2, 3])),
  "div: by a number": ({ a }) => a.div(3),
  "pow: cube of negative numbers": ({ a }) => a.pow(3),
  "maximum: equal entries": ({ a, b }) => a.maximum(b),
  clamp: ({ x }) => x.clamp(-1.05, 0.65),
  "clamp: from below": ({ x }) => x.clamp(0.05, Infinity),
  "int32 arithmetic": ({ i }) => i.add(3).mul(2).sub(i.div(2)),
  "sin: large": ({ x }) => x.sin(),
  "cos: large": ({ x }) => x.cos(),
  "softplus: large": ({ x }) => x.softplus(),
  "logSigmoid: large": ({ x }) => x.logSigmoid(),
  "sigmoid: large": ({ x }) => x.sigmoid(),
  stopGradient: ({ x }) => x.stopGradient().mul(x),
  straightThrough: ({ x }) => straightThrough(x.round(), x.square()),
  attachGradient: ({ x }) => attachGradient(x.square().sum(), x, x.sin()).mul(3),
  fullLike: ({ x }) => x.fullLike(2).mul(x),
  "equal: int32": ({ a, b }) => a.equal(b),
  "less: int32 by a number": ({ a }) => a.less(2),
  not: ({ a }) => a.not(),
  "cast: truncates": ({ x }) => x.cast("int32"),
  where: ({ c, a, b }) => where(c, a, b),
  "where: int32": ({ c, i }) => where(c, i, 7),

  reshape: ({ x }) => x.reshape([3, -1]),
  flatten: ({ x }) => x.flatten(1, 2),
  transpose: ({ x }) => x.transpose([2, 0, 1]),
  broadcastTo: ({ x }) => x.broadcastTo([4, 2, 3]),
  sumTo: ({ x }) => x.sumTo([2, 1]),
  slice: ({ x }) => x.slice(1, 1, 6, 2),
  "slice: from the end": ({ x }) => x.slice(1, -3, -1),
  split: ({ x }) => {
    const [a, b, c] = x.split(3);
    return a.mul(b).add(c);
  },
  "split: given sizes": ({ x }) => {
    const [a, b] = x.split([1, 2]);
    return a.mul(b);
  },
  pad: ({ x }) => x.pad([0, 1], [3, 2], 0.5),
  "pad: int32": ({ i }) => i.pad([0, 1], [0, 0], -1),
  padReflect: ({ x }) => x.padReflect(2, 0, 3).padReflect(3, 2, 1),
  dilate: ({ x }) => x.dilate([1, 3]),
  concat: ({ a, b }) => concat([a, b], 1),
  stack: ({ a, b }) => stack([a, b], 1),
  tile: ({ x }) => x.tile([2, 1, 3]),
  "tile: int32": ({ i }) => i.tile([1, 2]),
  flip: ({ x }) => x.flip([0, 2]),

  "matmul: rows by a matrix": ({ a, b }) => a.matmul(b),
  "matmul: batched": ({ a, b }) => a.matmul(b),
  "matmul: leading axes broadcast": ({ a, b }) => a.matmul(b),
  "matmul: matrix by a batch": ({ a, b }) => a.matmul(b),
  "cdist: broadcast": ({ a, b }) => a.cdist(b),
  "cdist: far from the origin": ({ a, b }) => a.cdist(b),

  sum: ({ x }) => x.sum(1),
  "sum: all": ({ x }) => x.sum(),
  "sum: two axes, kept": ({ x }) => x.sum([0, 2], true),
  mean: ({ x }) => x.mean([0, 2]),
  sumSquare: ({ x }) => x.sumSquare(-1),
  max: ({ x }) => x.max(1),
  "max: ties": ({ x }) => x.max(1),
  min: ({ x }) => x.min(),
  variance: ({ x }) => x.variance(-1),
  prod: ({ x }) => x.prod(1),
  "prod: one zero, two zeros": ({ x }) => x.prod(1),
  "prod: all": ({ x }) => x.prod(),
  "prod: two axes, kept": ({ x }) => x.prod([0, 2], true),
  "prod: int32": ({ i }) => i.prod(1),
  std: ({ x }) => x.std(-1),
  "std: equal entries": ({ x }) => x.std(1, true),
  norm: ({ x }) => x.norm(1),
  "norm: of a zero vector": ({ x }) => x.norm(-1),
  "norm: order 1": ({ x }) => x.norm([0, 2], false, 1),
  "norm: maximum": ({ x }) => x.norm(1, false, Infinity),
  logSumExp: ({ x }) => x.logSumExp(1),
  "logSumExp: large": ({ x }) => x.logSumExp(1, true),
  cumulativeSum: ({ x }) => x.cumulativeSum(1),
  "cumulativeSum: reverse": ({ x }) => x.cumulativeSum(-1, { reverse: true }),

  "softmax: another axis": ({ x }) => x.softmax(1),
  logSoftmax: ({ x }) => x.logSoftmax(1),
  "layerNorm: scale and bias": ({ x, scale, bias }) => x.layerNorm({ scale, bias, epsilon: 1e-6 }),
  "layerNorm: scale": ({ x, scale }) => x.layerNorm({ scale }),
  "layerNorm: bias": ({ x, bias }) => x.layerNorm({ bias }),
  "layerNorm: large mean": ({ x }) => x.layerNorm(),
  rmsNorm: ({ x, scale }) => x.rmsNorm({ scale }),
  "rmsNorm: plain": ({ x }) => x.rmsNorm(),
  groupNorm: ({ x, scale, bias }) => x.groupNorm(2, { scale, bias }),
  "groupNorm: plain": ({ x }) => x.groupNorm(3),
  "groupNorm: large mean": ({ x }) => x.groupNorm(2),

  gather: ({ table, i }) => table.gather(i),
  scatterAdd: ({ rows, i }) => scatterAdd(rows, i, [5, 3]),
  scatterAddElements: ({ rows, i }) => scatterAddElements(rows, i, [3, 4]),
  gatherElements: ({ x, i }) => x.gatherElements(i),
  "gatherElements: first axis": ({ x, i }) => x.gatherElements(i, 0),
  argmax: ({ x }) => x.argmax(1),
  "argmax: the first of equals": ({ x }) => x.argmax(),
  "topK: values": ({ x }) => x.topK(3, 1).values,
  "topK: smallest": ({ x }) => x.topK(2, 0, { largest: false }).values,
  "topK: indices": ({ x }) => x.topK(3).indices,
  sort: ({ x }) => x.sort(1).values,
  "sort: descending, first axis": ({ x }) => x.sort(0, { descending: true }).values,
  "sort: indices": ({ x }) => x.sort().indices,
  "sort: indices of equals": ({ x }) => x.sort().indices,
  oneHot: ({ i }) => i.oneHot(4),

  dropout: ({ x, noise }) => x.dropout(0.3, noise),

  conv2d: ({ x, w }) => x.conv2d(w, { padding: 1 }),
  "conv2d: no padding": ({ x, w }) => x.conv2d(w),
  "conv2d: stride 2": ({ x, w }) => x.conv2d(w, { stride: 2, padding: 1 }),
  "conv2d: stride 2, a row left over": ({ x, w }) => x.conv2d(w, { stride: 2, padding: 1 }),
  "conv2d: stride (3, 2), several left over": ({ x, w }) => x.conv2d(w, { stride: [3, 2] }),
  "conv2d: dilated": ({ x, w }) => x.conv2d(w, { dilation: 2, padding: 2 }),
  "conv2d: dilated, stride 2, a row left over": ({ x, w }) =>
    x.conv2d(w, { dilation: [2, 1], stride: 2, padding: [2, 0] }),
  "conv2d: grouped": ({ x, w }) => x.conv2d(w, { groups: 2, padding: 1 }),
  "conv2d: depthwise": ({ x, w }) => x.conv2d(w, { groups: 4, padding: 1 }),
  "conv2d: depthwise, stride 2, a row left over": ({ x, w }) => x.conv2d(w, { groups: 3, stride: 2, padding: 1 }),
  "conv2d: 1x1": ({ x, w }) => x.conv2d(w),
  "conv2d: 1x1, stride 2": ({ x, w }) => x.conv2d(w, { stride: 2 }),
  "conv2d: padding wider than the kernel's reach": ({ x, w }) => x.conv2d(w, { padding: 3 }),
  "conv2d: causal padding": ({ x, w }) => x.conv2d(w, { padding: [2, 1, 0, 0] }),
  "conv2d: bias": ({ x, w, bias }) => x.conv2d(w, { bias }),
  "convTranspose2d: bias": ({ x, w, bias }) => x.convTranspose2d(w, { bias }),
  "conv1d: bias": ({ x, w, bias }) => x.conv1d(w, { bias }),
  "conv2d: many outputs": ({ x, w }) => x.conv2d(w, { padding: 1 }),
  "conv2d: many inputs": ({ x, w }) => x.conv2d(w, { padding: 1 }),
  "conv2d: many inputs, stride 2, dilated": ({ x, w }) => x.conv2d(w, { padding: 2, stride: 2, dilation: 2 }),
  conv1d: ({ x, w }) => x.conv1d(w, { padding: 1 }),
  "conv1d: stride 2, a sample left over": ({ x, w }) => x.conv1d(w, { stride: 2 }),
  "conv1d: causal, dilated": ({ x, w }) => x.conv1d(w, { dilation: 2, padding: [4, 0] }),
  "conv1d: depthwise": ({ x, w }) => x.conv1d(w, { groups: 3, padding: 1 }),
  convTranspose2d: ({ x, w }) => x.convTranspose2d(w, { stride: 2, padding: 1 }),
  "convTranspose2d: output padding": ({ x, w }) => x.convTranspose2d(w, { stride: 2, padding: 1, outputPadding: 1 }),
  "convTranspose2d: stride 1": ({ x, w }) => x.convTranspose2d(w, { padding: 1 }),
  "convTranspose2d: stride 3, kernel 2": ({ x, w }) => x.convTranspose2d(w, { stride: 3 }),
  "convTranspose2d: dilated": ({ x, w }) => x.convTranspose2d(w, { stride: 2, dilation: 2, padding: 1 }),
  "convTranspose2d: grouped": ({ x, w }) => x.convTranspose2d(w, { stride: 2, groups: 2 }),
  "convTranspose2d: groups of one output": ({ x, w }) => x.convTranspose2d(w, { stride: 2, groups: 2, padding: 1 }),
  convTranspose1d: ({ x, w }) => x.convTranspose1d(w, { stride: 2, padding: 1 }),

  "second derivative: conv2d, weight": ({ x, w }) => slope(x.conv2d(w, { stride: 2, padding: 1 }), w),
  "second derivative: conv2d, input": ({ x, w }) => slope(x.conv2d(w, { padding: 1 }), x),
  "second derivative: layerNorm": ({ x, scale, bias }) => slope(x.layerNorm({ scale, bias }), x),
  "second derivative: groupNorm": ({ x, scale }) => slope(x.groupNorm(2, { scale }), x),
  "second derivative: attention": ({ q, k, v }) => slope(attention(q, k, v), q),

  avgPool2d: ({ x }) => x.avgPool2d(2),
  "avgPool2d: a row left over": ({ x }) => x.avgPool2d([2, 3]),
  "avgPool2d: overlapping, padded": ({ x }) => x.avgPool2d(3, { stride: 2, padding: 1 }),
  maxPool2d: ({ x }) => x.maxPool2d(2),
  "maxPool2d: overlapping, padded": ({ x }) => x.maxPool2d(3, { stride: 2, padding: 1 }),
  upsample: ({ x }) => x.upsample([2, 3]),
  "resize: nearest, larger": ({ x }) => x.resize([7, 5]),
  "resize: nearest, smaller": ({ x }) => x.resize([4, 2]),
  "resize: bilinear, twice": ({ x }) => x.resize([6, 8], { mode: "bilinear" }),
  "resize: bilinear, odd": ({ x }) => x.resize([7, 3], { mode: "bilinear" }),
  "resize: bilinear, smaller": ({ x }) => x.resize([2, 3], { mode: "bilinear" }),
  "resize: antialiased": ({ x }) => x.resize([3, 5], { mode: "bilinear", antialias: true }),
  depthToSpace: ({ x }) => x.depthToSpace(2),
  spaceToDepth: ({ x }) => x.spaceToDepth(2),

  attention: ({ q, k, v }) => attention(q, k, v),
  "attention: scale": ({ q, k, v }) => attention(q, k, v, { scale: 0.3 }),
  "attention: additive mask": ({ q, k, v, mask }) => attention(q, k, v, { mask }),
  "attention: causal": ({ q, k, v }) => attention(q, k, v, { mask: iota(5).unsqueeze(1).greaterOrEqual(iota(5)) }),
  rotary: ({ x }) => x.rotary(),
  "rotary: interleaved": ({ x }) => x.rotary({ interleaved: true }),
  "rotary: positions given": ({ x }) => x.rotary({ positions: [7, 0, 30] }),
  "rotary: positions fed": ({ x, i }) => x.rotary({ positions: i }),

  "jvp: elementwise": tangent((x) =>
    x
      .tanh()
      .mul(x.exp())
      .add(x.softplus().div(x.square().add(1))),
  ),
  "jvp: matmul, softmax": tangent((x, w) => x.matmul(w).softmax().matmul(w.T)),
  "jvp: layerNorm, silu": tangent((x) => x.layerNorm().silu()),
  "jvp: conv2d, groupNorm": tangent((x, w) => x.conv2d(w, { stride: 2, padding: 1 }).groupNorm(2)),
  "jvp: attention": tangent((q, k) => attention(q, k, k.square())),
  "jvp: a primal made of another": ({ x, v }) => {
    const made = x.square();
    return jvp((a, b) => a.add(3).mul(0).add(b.sin()), [x, made], [v.mul(7), v])[1];
  },
  checkpoint: ({ x, w }) => checkpoint(residual(w), x),
  "second derivative: checkpoint": ({ x, w }) => slope(checkpoint(residual(w), x), x),
  scan: ({ x, w }) => {
    const [last, outputs] = scan<Tensor>(
      (h, t) => {
        const next = h.unsqueeze(0).matmul(w).squeeze(0).add(t).tanh();
        return [next, next.square()];
      },
      constant([0, 0]),
      x,
    );
    return concat([last.unsqueeze(0), outputs]);
  },
  vmap: ({ x, w }) => vmap((s) => s.T.matmul(w).layerNorm().cumulativeSum(0))(x),
  "vmap: gradients of samples": ({ x, w }) =>
    vmap((s) => grad(s.unsqueeze(0).matmul(w).tanh().square().sum(), [w])[0])(x),
  watch: ({ x }) => watch("powers", x.exp()).mul(x),
  acrossParts: ({ x }) => acrossParts(x.exp()).mul(x),
};

const notTheDerivative = new Set([
  "attachGradient",
  "stopGradient",
  "straightThrough",
  "maximum: equal entries",
  "max: ties",
  "std: equal entries",
  "norm: of a zero vector",
  "dropout", // of the noise
]);

/** Every op at least once, by golden name. Nothing here needs Node, so that a browser can run the same list. */
export const opCases: readonly OpCase[] = Object.entries(builds).map(([name, build]) =>
  notTheDerivative.has(name) ? { name, build, finiteDifferences: false } : { name, build },
);
