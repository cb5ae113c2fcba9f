import type { Conversation } from "../../src/data/dialogue/conversations.js";
import { RELATIONS } from "../../src/data/dialogue-dataset.js";
import { CHANNELS } from "../../src/judges/gesture/features.js";
import * as gesture from "../../src/metrics/gesture/index.js";
import { mean, quantile } from "../../src/metrics/quantile.js";
import { ARM_CHANNELS, NECK_PITCH, NECK_YAW } from "../../src/motion/gesture-channels.js";

/** How people move: [T, 12] of both of each conversation. */
export type Channels = readonly Float32Array[];

const FPS = 30;
const OF = { fps: FPS, to: ARM_CHANNELS };
const half = (i: number) => i >> 1;

const personOf = (talks: readonly Conversation[], i: number) => talks[half(i)].truth.people[i & 1];
export const stressesOf = (talks: readonly Conversation[], i: number): number[] => {
  const seconds = talks[half(i)].frames / FPS;
  return personOf(talks, i)
    .syllables.filter(({ stressed, time }) => stressed && time >= 0 && time < seconds)
    .map(({ time }) => time);
};

/** Mean speed of the arms, rad/s. */
export const armSpeed = (channels: Channels): number =>
  mean(channels.map((clip) => mean(gesture.energyOf(clip, CHANNELS, OF))));

/** Correlations of the arms' speed with the true loudness of the own and of the partner's speech. */
export function coupling(talks: readonly Conversation[], channels: Channels) {
  const energies = channels.map((clip) => gesture.energyOf(clip, CHANNELS, OF));
  const heard = (i: number) => personOf(talks, i).envelope;
  return {
    own: mean(energies.map((one, i) => gesture.ownCoupling(one, heard(i), FPS))),
    partner: mean(energies.map((one, i) => gesture.partnerCoupling(one, heard(i ^ 1), FPS))),
  };
}

/** Consistency of the beats of the 12 angles (σ 0.1 s, angles that move) with the own and with unrelated stresses. */
export function beats(talks: readonly Conversation[], channels: Channels) {
  const speeds = channels.map((clip) => gesture.jointSpeeds(clip, { joints: CHANNELS, size: 1, fps: FPS }));
  const tops = gesture.topSpeeds(speeds, CHANNELS);
  const score = (whose: (i: number) => number) =>
    gesture.movingBeatConsistency(
      speeds.map((one, i) => ({ speeds: one, sound: stressesOf(talks, whose(i)) })),
      { tops, fps: FPS, sigma: 0.1 },
    ) ?? 0;
  return { own: score((i) => i), unrelated: score((i) => (i + 2) % channels.length) };
}

/** Radians that an arm is lifted by in what counts as a gesture. */
const LIFTED = 0.08;

/**
 * Median seconds from a stressed syllable to the farthest place of a gesture's arm in the 0.2 s before and the 0.45 s
 * after it, of stresses that are 0.8 s from others; null for a relation without any. By relation.
 */
export function latencies(talks: readonly Conversation[], channels: Channels): Record<string, number | null> {
  const found = RELATIONS.map((): number[] => []);
  for (const [i, clip] of channels.entries()) {
    const stresses = stressesOf(talks, i);
    const frames = clip.length / CHANNELS;
    for (const [k, stress] of stresses.entries()) {
      const lonely = [stresses[k - 1], stresses[k + 1]].every(
        (one) => one === undefined || Math.abs(one - stress) > 0.8,
      );
      const first = Math.round((stress - 0.2) * FPS);
      if (!lonely || first < 0 || first + 20 > frames) continue;
      for (const shoulder of [0, 4]) {
        const height = Array.from({ length: 20 }, (_, t) => clip[(first + t) * CHANNELS + shoulder]);
        const top = height.indexOf(Math.max(...height));
        if (top === 0 || top === 19 || height[top] - Math.min(...height) < LIFTED) continue;
        found[talks[half(i)].relation].push((first + top + 0.5) / FPS - stress);
      }
    }
  }
  return Object.fromEntries(
    RELATIONS.map((name, relation) => [name, found[relation].length > 4 ? quantile(found[relation], 0.5) : null]),
  );
}

/** Loudness below which nothing is heard. */
const SILENT = 0.05;

/** Mean speed of the head's two angles in frames in which only the other one is heard, and in which nobody is, rad/s. */
export function headSpeed(talks: readonly Conversation[], channels: Channels) {
  const [listening, silence]: number[][] = [[], []];
  for (const [i, clip] of channels.entries()) {
    const [own, other] = [personOf(talks, i).envelope, personOf(talks, i ^ 1).envelope];
    const [pitch, yaw] = [NECK_PITCH, NECK_YAW].map((from) =>
      gesture.energyOf(clip, CHANNELS, { fps: FPS, from, to: from + 1 }),
    );
    for (let t = 0; t < own.length; t++)
      if (own[t] < SILENT) (other[t] < SILENT ? silence : listening).push((pitch[t] + yaw[t]) / 2);
  }
  return { listening: mean(listening), silence: mean(silence) };
}

/** Spearman's correlation of two lists. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => {
    const sorted = values.toSorted((x, y) => x - y);
    return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2);
  };
  return gesture.correlation(ranks(a), ranks(b));
}
