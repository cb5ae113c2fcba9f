import { showShape } from "../shape.js";
import { type GraphBuilder, Tensor, defineOp } from "../tensor.js";

type Pair = readonly [number, number];
/** Padding [top, left, bottom, right]. */
type Padding = readonly [number, number, number, number];

export interface ConvAttributes {
  stride: Pair;
  padding: Padding;
  dilation: Pair;
  groups: number;
}
export interface ConvOptions {
  stride?: number | Pair;
  /** All sides, [vertical, horizontal], or [top, left, bottom, right]. */
  padding?: number | Pair | Padding;
  dilation?: number | Pair;
  groups?: number;
}

export interface Conv1dOptions {
  stride?: number;
  /** Both ends, or [before, after]. */
  padding?: number | Pair;
  dilation?: number;
  groups?: number;
}

const pair = (v: number | Pair): Pair => (typeof v === "number" ? [v, v] : v);
const sides = (v: number | Pair | Padding): Padding => (typeof v === "number" ? [v, v, v, v] : v.length === 2 ? [v[0], v[1], v[0], v[1]] : v);
const attributesOf = ({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions): ConvAttributes => ({
  stride: pair(stride),
  padding: sides(padding),
  dilation: pair(dilation),
  groups,
});
/** A 1-D convolution as a 2-D one of height 1. */
function oneRow({ stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv1dOptions): ConvOptions {
  const [before, after] = pair(padding);
  return { stride: [1, stride], padding: [0, before, 0, after], dilation: [1, dilation], groups };
}
const onnxAttributes = ({ stride, padding, dilation, groups }: ConvAttributes) => ({ strides: stride, pads: padding, dilations: dilation, group: groups });

/** Length of a kernel that spans `k` taps `d` apart. */
const span = (k: number, d: number) => (k - 1) * d + 1;

function outputSize(x: Tensor, kernel: Pair, { stride, padding, dilation }: ConvAttributes): Pair {
  const size = (axis: 0 | 1) => Math.floor((x.shape[2 + axis] + padding[axis] + padding[axis + 2] - span(kernel[axis], dilation[axis])) / stride[axis]) + 1;
  return [size(0), size(1)];
}

const convOp = defineOp<ConvAttributes>("Conv", {
  shape: ([x, weight], a) => {
    if (x.rank !== 4 || weight.rank !== 4 || x.shape[1] !== weight.shape[1] * a.groups || weight.shape[0] % a.groups !== 0)
      throw new Error(`needs [N, C, H, W] by [O, C/groups, kh, kw], got ${showShape(x.shape)} by ${showShape(weight.shape)} with ${a.groups} groups`);
    return [x.shape[0], weight.shape[0], ...outputSize(x, [weight.shape[2], weight.shape[3]], a)];
  },
  onnx: (g, inputs, a) => g.node("Conv", inputs, onnxAttributes(a)),
  grad: ({ inputs: [x, weight], attributes: a, dOut, needs }) => [
    needs(0) ? convInputGrad(dOut, weight, a, [x.shape[2], x.shape[3]]) : null,
    needs(1) ? convWeightGradOp([x, dOut], { ...a, kernel: [weight.shape[2], weight.shape[3]] }) : null,
  ],
});

interface TransposedAttributes extends ConvAttributes {
  /** Spatial size of the result. */
  size: Pair;
}
const convTransposeOp = defineOp<TransposedAttributes>("ConvTranspose", {
  shape: ([x, weight], a) => {
    if (x.rank !== 4 || weight.rank !== 4 || x.shape[1] !== weight.shape[0] || x.shape[1] % a.groups !== 0)
      throw new Error(`needs [N, C, H, W] by [C, O/groups, kh, kw], got ${showShape(x.shape)} by ${showShape(weight.shape)} with ${a.groups} groups`);
    return [x.shape[0], weight.shape[1] * a.groups, ...a.size];
  },
  onnx: (g, [x, weight], a, { inputs: [xt, wt] }) => {
    const extra = ([0, 1] as const).map(
      (i) => a.size[i] - ((xt.shape[2 + i] - 1) * a.stride[i] + span(wt.shape[2 + i], a.dilation[i]) - a.padding[i] - a.padding[i + 2]),
    );
    return g.node("ConvTranspose", [x, weight], { ...onnxAttributes(a), output_padding: extra });
  },
  grad: ({ inputs: [x, weight], attributes: a, dOut, needs }) => [
    needs(0) ? convOp([dOut, weight], a).slice(2, 0, x.shape[2]).slice(3, 0, x.shape[3]) : null,
    needs(1) ? convWeightGradOp([dOut, x], { ...a, kernel: [weight.shape[2], weight.shape[3]] }) : null,
  ],
});

/** Transposed convolution of the cotangent; for stride 1 and one group as an ordinary one with the flipped kernel, which is faster. */
function convInputGrad(dOut: Tensor, weight: Tensor, a: ConvAttributes, size: Pair): Tensor {
  const [kh, kw] = [weight.shape[2], weight.shape[3]];
  const reach = [span(kh, a.dilation[0]) - 1, span(kw, a.dilation[1]) - 1];
  const padding = a.padding.map((p, i) => reach[i % 2] - p) as unknown as Padding;
  if (a.stride[0] === 1 && a.stride[1] === 1 && a.groups === 1 && padding.every((p) => p >= 0))
    return convOp([dOut, weight.transpose([1, 0, 2, 3]).flip([2, 3])], { ...a, padding });
  return transposed(dOut, weight, { ...a, size });
}

/** ONNX Runtime's WebGPU provider is wrong for groups of several inputs and one output: there, one group per input, then sums. */
function transposed(x: Tensor, weight: Tensor, a: TransposedAttributes): Tensor {
  const [n, inputs] = x.shape;
  if (a.groups === 1 || weight.shape[1] !== 1 || inputs % a.groups !== 0 || inputs === a.groups) return convTransposeOp([x, weight], a);
  return convTransposeOp([x, weight], { ...a, groups: inputs })
    .reshape([n, a.groups, inputs / a.groups, ...a.size])
    .sum(2);
}

interface WeightGradAttributes extends ConvAttributes {
  kernel: Pair;
}
/** dW[o, c, i, j] = Σ_{n,h,w} dOut[n, o, h, w] · x[n, c, h·s + i·d − p, w·s + j·d − p]: one product per kernel tap. */
const convWeightGradOp = defineOp<WeightGradAttributes>("ConvWeightGrad", {
  shape: ([x, dOut], { kernel, groups }) => [dOut.shape[1], x.shape[1] / groups, ...kernel],
  onnx: (g, [x, dOut], a, { inputs: [xt, dt] }) => {
    const [n, c] = xt.shape;
    const [, o, h, w] = dt.shape;
    const rows = n * h * w;
    const padded = a.padding.some((p) => p > 0)
      ? g.node("Pad", [x, g.int64([0, 0, a.padding[0], a.padding[1], 0, 0, a.padding[2], a.padding[3]]), g.float(0)], { mode: "constant" })
      : x;
    const xByChannel = g.node("Transpose", [padded], { perm: [1, 0, 2, 3] });
    const dByChannel = g.node("Transpose", [dOut], { perm: [1, 0, 2, 3] });
    const grouped = a.groups > 1;
    const matrix = (name: string, channels: number) =>
      g.node("Reshape", [name, g.int64(grouped ? [a.groups, channels / a.groups, rows] : [channels, rows])]);
    const left = matrix(dByChannel, o);
    const taps: string[] = [];
    for (let i = 0; i < a.kernel[0]; i++)
      for (let j = 0; j < a.kernel[1]; j++) {
        const right = matrix(tap(g, xByChannel, i * a.dilation[0], j * a.dilation[1], a.stride, h, w), c);
        const product = grouped
          ? g.node("MatMul", [left, g.node("Transpose", [right], { perm: [0, 2, 1] })])
          : g.node("Gemm", [left, right], { transB: 1 });
        taps.push(g.node("Reshape", [product, g.int64([o, c / a.groups, 1])]));
      }
    return g.node("Reshape", [g.node("Concat", taps, { axis: 2 }), g.int64([o, c / a.groups, ...a.kernel])]);
  },
});

function tap(g: GraphBuilder, x: string, top: number, left: number, stride: Pair, h: number, w: number): string {
  const ends = g.int64([top + (h - 1) * stride[0] + 1, left + (w - 1) * stride[1] + 1]);
  return g.node("Slice", [x, g.int64([top, left]), ends, g.int64([2, 3]), g.int64([...stride])]);
}

declare module "../tensor.js" {
  interface Tensor {
    /** 2-D convolution (cross-correlation) of [N, C, H, W] with [O, C/groups, kh, kw]. */
    conv2d(weight: Tensor, options?: ConvOptions): Tensor;
    /** Transposed 2-D convolution with [C, O/groups, kh, kw]; size = (H − 1)·stride − padding + span + outputPadding. */
    convTranspose2d(weight: Tensor, options?: ConvOptions & { outputPadding?: number | Pair }): Tensor;
    /** 1-D convolution of [N, C, L] with [O, C/groups, k]; padding [before, after] (causal: [k·dilation − dilation, 0]). */
    conv1d(weight: Tensor, options?: Conv1dOptions): Tensor;
    /** Transposed 1-D convolution of [N, C, L] with [C, O/groups, k]. */
    convTranspose1d(weight: Tensor, options?: Conv1dOptions & { outputPadding?: number }): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  conv2d(this: Tensor, weight: Tensor, options: ConvOptions = {}) {
    return convOp([this, weight], attributesOf(options));
  },
  convTranspose2d(this: Tensor, weight: Tensor, { outputPadding = 0, ...options }: ConvOptions & { outputPadding?: number | Pair } = {}) {
    const a = attributesOf(options);
    const extra = pair(outputPadding);
    const size = (i: 0 | 1) => (this.shape[2 + i] - 1) * a.stride[i] + span(weight.shape[2 + i], a.dilation[i]) - a.padding[i] - a.padding[i + 2] + extra[i];
    return transposed(this, weight, { ...a, size: [size(0), size(1)] });
  },
  conv1d(this: Tensor, weight: Tensor, options: Conv1dOptions = {}) {
    return this.unsqueeze(2).conv2d(weight.unsqueeze(2), oneRow(options)).squeeze(2);
  },
  convTranspose1d(this: Tensor, weight: Tensor, { outputPadding = 0, ...options }: Conv1dOptions & { outputPadding?: number } = {}) {
    const row = { ...oneRow(options), outputPadding: [0, outputPadding] as const };
    return this.unsqueeze(2).convTranspose2d(weight.unsqueeze(2), row).squeeze(2);
  },
});
