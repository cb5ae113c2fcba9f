import type { Tensor } from "../tensor/tensor.js";
import { biasInitializer, type WeightInit, weightInitializer } from "./initializers.js";
import { checkSizes } from "./linear.js";
import { module, parameter } from "./module.js";

type Pair = readonly [number, number];

interface Common {
  /** Default true. */
  bias?: boolean;
  groups?: number;
  init?: WeightInit;
}
export interface Conv2dOptions extends Common {
  stride?: number | Pair;
  /** All sides, [vertical, horizontal], or [top, left, bottom, right]. */
  padding?: number | Pair | readonly [number, number, number, number];
  dilation?: number | Pair;
}
export interface Conv1dOptions extends Common {
  stride?: number;
  /** Both sides, or [before, after]; [dilation·(kernel − 1), 0] makes the convolution causal. */
  padding?: number | Pair;
  dilation?: number;
}

const pair = (v: number | Pair): Pair => (typeof v === "number" ? [v, v] : v);

function checkGroups(layer: string, inputs: number, outputs: number, groups: number): void {
  checkSizes(layer, { inputs, outputs, groups });
  if (inputs % groups !== 0 || outputs % groups !== 0)
    throw new Error(`${layer}: ${groups} groups do not divide ${inputs} input and ${outputs} output channels.`);
}

/** 2-D convolution, [N, inputs, H, W] to [N, outputs, H', W']; weight [outputs, inputs/groups, kh, kw]. */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: number | Pair,
  { bias = true, groups = 1, init = "default", ...options }: Conv2dOptions = {},
) {
  const [kh, kw] = pair(kernel);
  checkGroups("conv2d", inputs, outputs, groups);
  checkSizes("conv2d", { "kernel height": kh, "kernel width": kw });
  const fans = { fanIn: (inputs / groups) * kh * kw, fanOut: (outputs / groups) * kh * kw };
  const weight = parameter([outputs, inputs / groups, kh, kw], weightInitializer(init, fans));
  const offset = bias ? parameter([outputs], biasInitializer(init, fans)) : null;
  return module({ weight, bias: offset }, (x: Tensor): Tensor => {
    return x.conv2d(weight, { ...options, groups, bias: offset ?? undefined });
  });
}

/** 1-D convolution, [N, inputs, L] to [N, outputs, L']; weight [outputs, inputs/groups, k]. */
export function conv1d(
  inputs: number,
  outputs: number,
  kernel: number,
  { bias = true, groups = 1, init = "default", ...options }: Conv1dOptions = {},
) {
  checkGroups("conv1d", inputs, outputs, groups);
  checkSizes("conv1d", { kernel });
  const fans = { fanIn: (inputs / groups) * kernel, fanOut: (outputs / groups) * kernel };
  const weight = parameter([outputs, inputs / groups, kernel], weightInitializer(init, fans));
  const offset = bias ? parameter([outputs], biasInitializer(init, fans)) : null;
  return module({ weight, bias: offset }, (x: Tensor): Tensor => {
    return x.conv1d(weight, { ...options, groups, bias: offset ?? undefined });
  });
}

/**
 * Transposed 2-D convolution, [N, inputs, H, W] to [N, outputs, H', W'], H' = (H − 1)·stride − padding + span +
 * outputPadding; weight [inputs, outputs/groups, kh, kw].
 */
export function convTranspose2d(
  inputs: number,
  outputs: number,
  kernel: number | Pair,
  { bias = true, groups = 1, init = "default", ...options }: Conv2dOptions & { outputPadding?: number | Pair } = {},
) {
  const [kh, kw] = pair(kernel);
  checkGroups("convTranspose2d", inputs, outputs, groups);
  checkSizes("convTranspose2d", { "kernel height": kh, "kernel width": kw });
  // PyTorch takes the second axis of the weight for the inputs, here as there
  const fans = { fanIn: (outputs / groups) * kh * kw, fanOut: inputs * kh * kw };
  const weight = parameter([inputs, outputs / groups, kh, kw], weightInitializer(init, fans));
  const offset = bias ? parameter([outputs], biasInitializer(init, fans)) : null;
  return module({ weight, bias: offset }, (x: Tensor): Tensor => {
    return x.convTranspose2d(weight, { ...options, groups, bias: offset ?? undefined });
  });
}
