import { showShape } from "../shape.js";
import { type ApplyOp, defineOp, requireTensor, Tensor } from "../tensor.js";
import type { ConvAttributes, Padding, Pair } from "./conv-attributes.js";
import { defineConvWeightGrad } from "./conv-weight-grad.js";

export interface ConvOptions {
  stride?: number | Pair;
  /** All sides, [vertical, horizontal], or [top, left, bottom, right]. */
  padding?: number | Pair | Padding;
  dilation?: number | Pair;
  groups?: number;
  /** [O], added to every pixel of a channel. */
  bias?: Tensor;
}

export interface Conv1dOptions {
  stride?: number;
  /** Both ends, or [before, after]. */
  padding?: number | Pair;
  dilation?: number;
  groups?: number;
  /** [O], added to every sample of a channel. */
  bias?: Tensor;
}

const pair = (v: number | Pair): Pair => (typeof v === "number" ? [v, v] : v);
const sides = (v: number | Pair | Padding): Padding =>
  typeof v === "number" ? [v, v, v, v] : v.length === 2 ? [v[0], v[1], v[0], v[1]] : v;
const attributesOf = ({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvOptions): ConvAttributes => ({
  stride: pair(stride),
  padding: sides(padding),
  dilation: pair(dilation),
  groups,
});
/** A 1-D convolution as a 2-D one of height 1. */
function oneRow({ stride = 1, padding = 0, dilation = 1, groups = 1, bias }: Conv1dOptions): ConvOptions {
  const [before, after] = pair(padding);
  return { stride: [1, stride], padding: [0, before, 0, after], dilation: [1, dilation], groups, bias };
}
const onnxAttributes = ({ stride, padding, dilation, groups }: ConvAttributes) => ({
  strides: stride,
  pads: padding,
  dilations: dilation,
  group: groups,
});

function checkBias([bias]: readonly Tensor[], outputs: number): void {
  if (bias && (bias.rank !== 1 || bias.size !== outputs))
    throw new Error(`the bias must be [${outputs}], got ${showShape(bias.shape)}`);
}
const withBias = (x: Tensor, weight: Tensor, bias: Tensor | undefined) => (bias ? [x, weight, bias] : [x, weight]);

/** Length of a kernel that spans `k` taps `d` apart. */
const span = (k: number, d: number) => (k - 1) * d + 1;

function outputSize(x: Tensor, kernel: Pair, { stride, padding, dilation }: ConvAttributes): Pair {
  const size = (axis: 0 | 1) =>
    Math.floor(
      (x.shape[2 + axis] + padding[axis] + padding[axis + 2] - span(kernel[axis], dilation[axis])) / stride[axis],
    ) + 1;
  return [size(0), size(1)];
}

export const convOp: ApplyOp<ConvAttributes> = defineOp<ConvAttributes>("Conv", {
  shape: ([x, weight, ...bias], a) => {
    checkBias(bias, weight.shape[0]);
    if (
      x.rank !== 4 ||
      weight.rank !== 4 ||
      x.shape[1] !== weight.shape[1] * a.groups ||
      weight.shape[0] % a.groups !== 0
    )
      throw new Error(
        `needs [N, C, H, W] by [O, C/groups, kh, kw], got ${showShape(x.shape)} by ${showShape(weight.shape)} with ${a.groups} groups`,
      );
    return [x.shape[0], weight.shape[0], ...outputSize(x, [weight.shape[2], weight.shape[3]], a)];
  },
  onnx: (g, inputs, a) => g.node("Conv", inputs, onnxAttributes(a)),
  grad: ({ inputs: [x, weight], attributes: a, dOut, needs }) => [
    needs(0) ? convInputGrad(dOut, weight, a, [x.shape[2], x.shape[3]]) : null,
    needs(1) ? convWeightGradOp([x, dOut], { ...a, kernel: [weight.shape[2], weight.shape[3]] }) : null,
    needs(2) ? dOut.sum([0, 2, 3]) : null,
  ],
});

const convWeightGradOp = defineConvWeightGrad({ convOp, convInputGrad });

interface TransposedAttributes extends ConvAttributes {
  /** Spatial size of the result. */
  size: Pair;
}
const convTransposeOp = defineOp<TransposedAttributes>("ConvTranspose", {
  shape: ([x, weight, ...bias], a) => {
    checkBias(bias, weight.shape[1] * a.groups);
    if (x.rank !== 4 || weight.rank !== 4 || x.shape[1] !== weight.shape[0] || x.shape[1] % a.groups !== 0)
      throw new Error(
        `needs [N, C, H, W] by [C, O/groups, kh, kw], got ${showShape(x.shape)} by ${showShape(weight.shape)} with ${a.groups} groups`,
      );
    return [x.shape[0], weight.shape[1] * a.groups, ...a.size];
  },
  onnx: (g, inputs, a, { inputs: [xt, wt] }) => {
    const extra = ([0, 1] as const).map(
      (i) =>
        a.size[i] -
        ((xt.shape[2 + i] - 1) * a.stride[i] + span(wt.shape[2 + i], a.dilation[i]) - a.padding[i] - a.padding[i + 2]),
    );
    return g.node("ConvTranspose", inputs, { ...onnxAttributes(a), output_padding: extra });
  },
  grad: ({ inputs: [x, weight], attributes: a, dOut, needs }) => [
    needs(0) ? convOp([dOut, weight], a).slice(2, 0, x.shape[2]).slice(3, 0, x.shape[3]) : null,
    needs(1) ? convWeightGradOp([dOut, x], { ...a, kernel: [weight.shape[2], weight.shape[3]] }) : null,
    needs(2) ? dOut.sum([0, 2, 3]) : null,
  ],
});

/**
 * Transposed convolution of the cotangent; for stride 1 and one group as an ordinary one with the flipped kernel, which
 * is faster.
 */
export function convInputGrad(dOut: Tensor, weight: Tensor, a: ConvAttributes, size: Pair): Tensor {
  const [kh, kw] = [weight.shape[2], weight.shape[3]];
  const reach = [span(kh, a.dilation[0]) - 1, span(kw, a.dilation[1]) - 1];
  const padding = a.padding.map((p, i) => reach[i % 2] - p) as unknown as Padding;
  if (a.stride[0] === 1 && a.stride[1] === 1 && a.groups === 1 && padding.every((p) => p >= 0))
    return convOp([dOut, weight.transpose([1, 0, 2, 3]).flip([2, 3])], { ...a, padding });
  return transposed(dOut, weight, { ...a, size });
}

/**
 * ONNX Runtime's WebGPU provider is wrong for groups of several inputs and one output: there, one group per input, then
 * sums.
 */
function transposed(x: Tensor, weight: Tensor, a: TransposedAttributes, bias?: Tensor): Tensor {
  const [n, inputs] = x.shape;
  if (a.groups === 1 || weight.shape[1] !== 1 || inputs % a.groups !== 0 || inputs === a.groups)
    return convTransposeOp(withBias(x, weight, bias), a);
  const sums = convTransposeOp([x, weight], { ...a, groups: inputs })
    .reshape([n, a.groups, inputs / a.groups, ...a.size])
    .sum(2);
  return bias ? sums.add(bias.reshape([a.groups, 1, 1])) : sums;
}

declare module "../tensor.js" {
  interface Tensor {
    /** 2-D convolution (cross-correlation) of [N, C, H, W] with [O, C/groups, kh, kw]. */
    conv2d(weight: Tensor, options?: ConvOptions): Tensor;
    /**
     * Transposed 2-D convolution with [C, O/groups, kh, kw]; size = (H − 1)·stride − padding + span + outputPadding.
     */
    convTranspose2d(weight: Tensor, options?: ConvOptions & { outputPadding?: number | Pair }): Tensor;
    /**
     * 1-D convolution of [N, C, L] with [O, C/groups, k]; padding [before, after] (causal: [k·dilation − dilation, 0]).
     */
    conv1d(weight: Tensor, options?: Conv1dOptions): Tensor;
    /** Transposed 1-D convolution of [N, C, L] with [C, O/groups, k]. */
    convTranspose1d(weight: Tensor, options?: Conv1dOptions & { outputPadding?: number }): Tensor;
  }
}
Object.assign(Tensor.prototype, {
  conv2d(this: Tensor, weight: Tensor, options: ConvOptions = {}) {
    return convOp(withBias(this, weight, options.bias), attributesOf(options));
  },
  convTranspose2d(
    this: Tensor,
    weight: Tensor,
    { outputPadding = 0, ...options }: ConvOptions & { outputPadding?: number | Pair } = {},
  ) {
    requireTensor(weight, "convTranspose2d: the weight");
    const a = attributesOf(options);
    const extra = pair(outputPadding);
    const size = (i: 0 | 1) =>
      (this.shape[2 + i] - 1) * a.stride[i] +
      span(weight.shape[2 + i], a.dilation[i]) -
      a.padding[i] -
      a.padding[i + 2] +
      extra[i];
    return transposed(this, weight, { ...a, size: [size(0), size(1)] }, options.bias);
  },
  conv1d(this: Tensor, weight: Tensor, options: Conv1dOptions = {}) {
    requireTensor(weight, "conv1d: the weight");
    return this.unsqueeze(2).conv2d(weight.unsqueeze(2), oneRow(options)).squeeze(2);
  },
  convTranspose1d(
    this: Tensor,
    weight: Tensor,
    { outputPadding = 0, ...options }: Conv1dOptions & { outputPadding?: number } = {},
  ) {
    requireTensor(weight, "convTranspose1d: the weight");
    const row = { ...oneRow(options), outputPadding: [0, outputPadding] as const };
    return this.unsqueeze(2).convTranspose2d(weight.unsqueeze(2), row).squeeze(2);
  },
});
