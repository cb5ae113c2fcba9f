import { showShape } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { ones, zeros } from "./initializers.js";
import { checkSizes } from "./linear.js";
import { module, parameter } from "./module.js";

export interface NormOptions {
  /** Added to the variance (mean square); default 1e-5 for layerNorm and groupNorm, 1e-6 for rmsNorm. */
  eps?: number;
  /** Learned gain, and bias where the norm has one; `gain` leaves the bias out. Default true. */
  affine?: boolean | "gain";
}

function checkWidth(layer: string, x: Tensor, axis: number, width: number): void {
  if (x.shape.at(axis) !== width)
    throw new Error(`${layer}: axis ${axis} of the input must be ${width}, got ${showShape(x.shape)}.`);
}

/** (x − mean)/√(variance + eps)·weight + bias over the last axis. */
export function layerNorm(width: number, { eps: epsilon = 1e-5, affine = true }: NormOptions = {}) {
  checkSizes("layerNorm", { width });
  const weight = affine ? parameter([width], ones) : undefined;
  const bias = affine === true ? parameter([width], zeros) : undefined;
  return module({ weight, bias }, (x: Tensor): Tensor => {
    checkWidth("layerNorm", x, -1, width);
    return x.layerNorm({ scale: weight, bias, epsilon });
  });
}

/** x/√(mean x² + eps)·weight over the last axis. */
export function rmsNorm(width: number, { eps: epsilon = 1e-6, affine = true }: NormOptions = {}) {
  checkSizes("rmsNorm", { width });
  const weight = affine ? parameter([width], ones) : undefined;
  return module({ weight }, (x: Tensor): Tensor => {
    checkWidth("rmsNorm", x, -1, width);
    return x.rmsNorm({ scale: weight, epsilon });
  });
}

/**
 * Number of groups for a GroupNorm of so many channels: as many as divide them with at least four channels each, at
 * most 32.
 */
export function groupCount(channels: number): number {
  checkSizes("groupCount", { channels });
  let groups = Math.max(1, Math.min(32, Math.floor(channels / 4)));
  while (channels % groups !== 0) groups--;
  return groups;
}

/**
 * Normalises each of `groups` groups of channels of [N, channels, ...] to mean 0 and variance 1; then per-channel
 * weight and bias.
 */
export function groupNorm(groups: number, channels: number, { eps: epsilon = 1e-5, affine = true }: NormOptions = {}) {
  checkSizes("groupNorm", { groups, channels });
  if (channels % groups !== 0)
    throw new Error(`groupNorm: ${groups} groups do not divide ${channels} channels; take ${groupCount(channels)}.`);
  const weight = affine ? parameter([channels], ones) : undefined;
  const bias = affine === true ? parameter([channels], zeros) : undefined;
  return module({ weight, bias }, (x: Tensor): Tensor => {
    checkWidth("groupNorm", x, 1, channels);
    return x.groupNorm(groups, { scale: weight, bias, epsilon });
  });
}
