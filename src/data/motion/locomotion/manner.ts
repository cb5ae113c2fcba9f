import type { Random } from "../../../random/index.js";
import type { Style } from "./gaits.js";
import { smoothNoise } from "./noise.js";

/** What makes one person's motion differ from another's; drawn for every clip. */
export interface Manner {
  /** Of the body's lengths. */
  readonly scale: number;
  /** Radians that each foot points outward. */
  readonly toeOut: number;
  /** By what a style's numbers are multiplied, and what is added to them. */
  readonly style: (style: Style) => Style;
  /** Smooth noise of deviation 1, of its own for each name. */
  readonly noise: (name: string) => (t: number) => number;
  /** The clock is this much faster or slower than usual at its speed. */
  readonly pace: number;
}

/** Uniform in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();

export function drawManner(random: Random, seconds: number): Manner {
  const [swing, twist, bounce, lift, hips] = [0.3, 0.3, 0.2, 0.12, 0.35].map((by) => between(random, 1 - by, 1 + by));
  const [lean, spread, elbow] = [between(random, -2, 2.5), between(random, -2, 4), between(random, -4, 4)];
  const [width, drop] = [between(random, -0.02, 0.02), between(random, -0.006, 0.006)];
  return {
    scale: between(random, 0.92, 1.08),
    toeOut: (between(random, 2, 10) * Math.PI) / 180,
    pace: between(random, 0.96, 1.04),
    style: (style) => ({
      ...style,
      ...{ armSwing: style.armSwing * swing, twist: style.twist * twist, hipYaw: style.hipYaw * hips },
      ...{
        hipRoll: style.hipRoll * hips,
        sway: style.sway * hips,
        bounce: style.bounce * bounce,
        lift: style.lift * lift,
      },
      ...{ lean: style.lean + lean, spread: style.spread + spread, elbow: style.elbow + elbow },
      ...{ width: style.width + width, drop: Math.max(0.005, style.drop + drop) },
    }),
    noise: (name) => smoothNoise(random.split(name), seconds),
  };
}
