import { mix, solve } from "./curves.js";
import type { Score } from "./score.js";

/** Steps of the integration in a second. */
const RATE = 60;

/** Where the body is on the floor, and where it faces, over time. */
export interface Place {
  readonly x: number;
  readonly z: number;
  /** Radians; 0 faces +z, positive is to the left. */
  readonly yaw: number;
}

/** The way over the floor that a score's speeds lead along, by the midpoint rule; it faces +z at the origin at `start`. */
export class Path {
  private readonly x: Float64Array;
  private readonly z: Float64Array;
  private readonly facing: number;

  constructor(
    private readonly score: Score,
    start: number,
    seconds: number,
  ) {
    const count = Math.ceil(seconds * RATE) + 2;
    [this.x, this.z] = [new Float64Array(count), new Float64Array(count)];
    const { going } = score;
    this.facing = going.integral("turn", start);
    for (let i = 1; i < count; i++) {
      const t = (i - 0.5) / RATE;
      const [forward, side] = [going.value("forward", t), going.value("side", t)];
      const yaw = this.yaw(t);
      this.x[i] = this.x[i - 1] + (forward * Math.sin(yaw) + side * Math.cos(yaw)) / RATE;
      this.z[i] = this.z[i - 1] + (forward * Math.cos(yaw) - side * Math.sin(yaw)) / RATE;
    }
    const { x, z } = this.at(start);
    this.x.forEach((_, i) => {
      this.x[i] -= x;
      this.z[i] -= z;
    });
  }

  yaw(t: number): number {
    return this.score.going.integral("turn", t) - this.facing;
  }

  at(t: number): Place {
    const last = this.x.length - 1;
    const place = Math.min(Math.max(t * RATE, 0), last);
    const i = Math.min(Math.floor(place), last - 1);
    return {
      x: mix(this.x[i], this.x[i + 1], place - i),
      z: mix(this.z[i], this.z[i + 1], place - i),
      yaw: this.yaw(t),
    };
  }
}

/** The gait's clock: cycles since its steps began at time t, half a cycle ahead where the right foot steps first. */
export function phaseAt({ going, steps }: Score, t: number): number {
  let phase = 0;
  for (const { start, end, first } of steps) {
    if (t < start) break;
    phase = first / 2 + going.integral("cadence", Math.min(t, end)) - going.integral("cadence", start);
  }
  return phase;
}

/** When steps that began at `start` have gone on for `cycles`. */
export const timeOf = ({ going }: Score, start: number, cycles: number): number =>
  solve((t) => going.integral("cadence", t) - going.integral("cadence", start), cycles, start, start + cycles * 2 + 1);
