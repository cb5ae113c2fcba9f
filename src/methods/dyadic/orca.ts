import * as nn from "../../nn/index.js";
import { concat, type Tensor } from "../../tensor/index.js";
import { hearing } from "./hearing.js";
import type { DyadicNetworkShape } from "./shape.js";

/** Relative to the mean square of what is projected on: directions of next to nothing are none. */
const EPSILON = 1e-7;
/** Frames on either side whose sound a frame of "subspace" is made orthogonal to. */
const REACH = 2;

const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum(-1, true);

/**
 * The part of u [B, T, D] along v, of each of `groups` groups of numbers. Where v is next to nothing, relative to its
 * mean square over time or (of networks that must not see the future) absolutely, there is none.
 */
export function projection(u: Tensor, v: Tensor, groups: number, relative = true): Tensor {
  const [B, T, D] = u.shape;
  const apart = (x: Tensor) => x.reshape([B, T, groups, D / groups]);
  const [a, b] = [apart(u), apart(v)];
  const length = dot(b, b);
  const epsilon = relative ? length.mean([1, 2, 3], true).mul(EPSILON).maximum(1e-30) : EPSILON;
  return b.mul(dot(a, b).div(length.add(epsilon))).reshape([B, T, D]);
}

/** The part of u [B, T, D] in the span of v over the frames within `REACH`, of rank 5 at most. */
export function spanProjection(u: Tensor, v: Tensor): Tensor {
  const [, T] = v.shape;
  const padded = v.pad([0, REACH, 0], [0, REACH, 0]);
  const epsilon = dot(v, v).mean([1, 2], true).mul(EPSILON).maximum(1e-30);
  const basis: Tensor[] = [];
  for (let shift = 0; shift <= 2 * REACH; shift++) {
    let left = padded.slice(1, shift, shift + T);
    // Twice is enough: what one round leaves of the others is as large as rounding
    for (let round = 0; round < 2; round++) left = basis.reduce((x, q) => x.sub(q.mul(dot(q, x))), left);
    const length = dot(left, left);
    basis.push(left.div(length.add(epsilon).sqrt()).mul(length.greater(epsilon.mul(1e2)).cast("float32")));
  }
  let left = u;
  for (let round = 0; round < 2; round++)
    left = basis.reduce((x, q) => x.sub(q.mul(dot(q, x)).div(dot(q, q).maximum(0.5))), left);
  return u.sub(left);
}

export interface OrcaInputs {
  /** The target's sound, [B, T, D], after the motion dictionary. */
  target: Tensor;
  /** The partner's sound, [B, T, D]. */
  partner: Tensor;
  /** Probability that the partner speaks, [B, T]: where it is 0, the partner's sound stays as it is. */
  speech: Tensor;
  /** bool [B, T]: which frames there are; default all. */
  mask?: Tensor;
  /** float32 [T, T] added to the scores: which frames are hidden from which. */
  bias?: Tensor;
}

/**
 * Orthogonalised cross-attention: the partner's sound without what the target's explains, heard by the target's, and the
 * other way round; a learned gate mixes the two, [B, T, D].
 */
export function orcaFusion({ width, heads, orca, gate, causal }: DyadicNetworkShape) {
  const explain = orca === "none" ? null : nn.mlp([width, width, width], { init: "xavier" });
  const targetHears = hearing(width, heads);
  const partnerHears = hearing(width, heads);
  const weight =
    gate === "linear"
      ? nn.linear(2 * width, width, { init: "zeros" })
      : nn.parameter([gate === "scalar" ? 1 : width], nn.init.zeros);
  /** The partner's sound without what the target's explains. */
  const orthogonal = ({ target, partner, speech }: Omit<OrcaInputs, "mask" | "bias">): Tensor => {
    if (!explain) return partner;
    const v = explain(target);
    const removed =
      orca === "regress" ? v : orca === "exact" ? projection(partner, v, heads, !causal) : spanProjection(partner, v);
    return partner.sub(removed.mul(speech.unsqueeze(-1)));
  };
  const forward = ({ mask, bias, ...sounds }: OrcaInputs): Tensor => {
    const { target } = sounds;
    const rest = orthogonal(sounds);
    const h1 = targetHears(target, { context: rest, mask, bias }).add(target);
    const h2 = partnerHears(rest, { context: target, mask, bias }).add(rest);
    const logits = "shape" in weight ? weight : weight(concat([h1, h2], -1));
    const share = logits.sigmoid();
    return h2.add(h1.sub(h2).mul(share));
  };
  return Object.assign(nn.module({ explain, targetHears, partnerHears, weight }, forward), { orthogonal });
}
