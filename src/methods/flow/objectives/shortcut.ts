import type { Random } from "../../../random/index.js";
import { concat, type Tensor } from "../../../tensor/index.js";
import type { Velocity } from "../network.js";
import { between, drawTimes, perRow } from "../objective.js";
import type { ObjectiveSettings } from "../settings.js";
import type { Objective } from "./objective.js";

/**
 * Shortcut models (2410.12557): a jump of length 2d is regressed onto two of length d that the field itself makes, through
 * which no gradient flows: u(x, t, t + 2d) onto ½u(x, t, t + d) + ½u(x + d·u, t + d, t + 2d). Rows before these learn the
 * velocity data − noise, as a way without length. The targets are of the field as it is, without an average.
 *
 * data, noise [B, …]; time [B]; labels [B]. Of the last J rows: span [J], the length 2d; inner [J], what the field is told
 * of d: d itself, or 0 where half a jump is so short that it is the velocity.
 */
export function shortcutLoss(
  velocity: Velocity,
  { data, noise, time, labels, span, inner }: Record<string, Tensor>,
): Tensor {
  const [batch] = time.shape;
  const plain = batch - span.shape[0];
  const rows = (all: Tensor) => all.slice(0, plain, batch);
  const state = between(noise, data, time);
  const straight = data.sub(noise);
  const [from, start, label] = [rows(state), rows(time), rows(labels)];
  const half = span.div(2);
  const first = velocity(from, start, label, start.add(inner));
  const middle = start.add(half);
  const second = velocity(from.add(first.mul(perRow(half, from))), middle, label, middle.add(inner));
  const jumps = first.add(second).div(2).stopGradient();
  const target = plain === 0 ? jumps : concat([straight.slice(0, 0, plain), jumps], 0);
  const lengths = plain === 0 ? span : concat([time.slice(0, 0, plain).mul(0), span], 0);
  return velocity(state, time, labels, time.add(lengths)).sub(target).square().mean();
}

/** Rows of a batch that learn jumps. */
export const jumpsOf = (batch: number, plain: number): number =>
  Math.min(batch, Math.max(1, Math.round(batch * (1 - plain))));

/** Jumps of length 2d = 2^−level, level 0 … `levels` − 1, that begin at a multiple of their length. */
export function drawJumps(
  random: Random,
  count: number,
  levels: number,
): Record<"time" | "span" | "inner", Float32Array> {
  const level = Uint8Array.from({ length: count }, () => random.integer(levels));
  const span = Float32Array.from(level, (l) => 2 ** -l);
  return {
    time: Float32Array.from(level, (l) => random.integer(2 ** l) / 2 ** l),
    span,
    inner: span.map((length, i) => (level[i] === levels - 1 ? 0 : length / 2)),
  };
}

export const shortcut: Objective<ObjectiveSettings<"shortcut">> = {
  inputs(batch, { plain }) {
    const jumps = jumpsOf(batch, plain);
    return { time: [batch], span: [jumps], inner: [jumps] };
  },
  loss: shortcutLoss,
  next(random, batch, _, { plain, levels }) {
    const jumps = jumpsOf(batch, plain);
    const { time, ...lengths } = drawJumps(random, jumps, levels);
    return { time: Float32Array.of(...drawTimes(random, batch - jumps), ...time), ...lengths };
  },
};
