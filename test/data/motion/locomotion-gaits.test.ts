import { expect, test } from "vitest";
import { write } from "../../../src/data/motion/locomotion/actions/index.js";
import { type Gait, STANDING } from "../../../src/data/motion/locomotion/gaits.js";
import { drawManner } from "../../../src/data/motion/locomotion/manner.js";
import { FPS, poses } from "../../../src/data/motion/locomotion/perform.js";
import { drawAct } from "../../../src/data/motion/locomotion/plan.js";
import { Score } from "../../../src/data/motion/locomotion/score.js";
import type { Action } from "../../../src/data/motion/locomotion/slots.js";
import { Random } from "../../../src/random/index.js";

const DEGREES = 180 / Math.PI;

/** Means over several people of what their gait at its usual pace is like once it goes on evenly. */
function measure(action: Action, curved = false) {
  const found: {
    speed: number;
    cycle: number;
    knee: [number, number];
    elbow: [number, number];
    hip: [number, number];
  }[] = [];
  for (let seed = 0; found.length < 8; seed++) {
    const random = new Random(seed);
    const manner = drawManner(random.split("manner"), 20);
    const act = drawAct(random.split("act"), action, 7);
    if (act.slots.pace !== "normal" || (act.slots.turn !== 0) !== curved) continue;
    const score = new Score(manner.style(STANDING));
    score.time = 0.3;
    write(score, manner, [act], random.split("acts"));
    const [from, to] = [2.6, score.time - 2.6];
    const frames = Math.floor((to - from) * FPS);
    const window = poses(score, manner, { start: from, frames });
    if (!window) continue;
    const { poses: posed, body } = window;
    let way = 0;
    for (let i = 1; i < frames; i++) {
      const [a, b] = [posed[i - 1].root, posed[i].root];
      way += Math.hypot(b[0] - a[0], b[2] - a[2]) * FPS;
    }
    const range = (values: number[]): [number, number] => [Math.min(...values), Math.max(...values)];
    const [first, last] = [posed[0].root, posed[frames - 1].root];
    const straight = (Math.hypot(last[0] - first[0], last[2] - first[2]) * FPS) / (frames - 1);
    found.push({
      speed: curved ? way / (frames - 1) : straight,
      cycle: 1 / score.going.value("cadence", from),
      knee: range(posed.flatMap(({ knees }) => knees.map((knee) => knee * DEGREES))),
      elbow: range(posed.flatMap(({ rotations }) => [18, 19].map((i) => 2 * Math.acos(rotations[i][3]) * DEGREES))),
      hip: range(posed.map(({ root }) => root[1] / body.scale)),
    });
  }
  const mean = (of: (one: (typeof found)[number]) => number) =>
    found.reduce((sum, one) => sum + of(one), 0) / found.length;
  return {
    speed: mean(({ speed }) => speed),
    cycle: mean(({ cycle }) => cycle),
    knee: [mean(({ knee }) => knee[0]), mean(({ knee }) => knee[1])],
    elbow: [mean(({ elbow }) => elbow[0]), mean(({ elbow }) => elbow[1])],
    hip: [mean(({ hip }) => hip[0]), mean(({ hip }) => hip[1])],
  };
}

/** Of one woman's captured gaits: what is measured of the generator must come near. */
const captured: Partial<
  Record<Action, { gait: Gait; speed: number; cycle?: number; knee?: number[]; elbow?: number[]; hip?: number[] }>
> = {
  walk: { gait: "walk", speed: 1.09, cycle: 1.23, knee: [4, 68], elbow: [3, 21], hip: [0.9, 1] },
  run: { gait: "run", speed: 4.86, cycle: 0.57, knee: [5, 139], elbow: [109, 131], hip: [0.88, 0.98] },
  "walk-backward": { gait: "backward", speed: 0.77, cycle: 1.3, knee: [4, 63] },
  "side-step-left": { gait: "side", speed: 0.75 },
  skip: { gait: "skip", speed: 1.81, cycle: 1.3, knee: [11, 107], hip: [0.83, 1.13] },
};

test.each(Object.entries(captured))("%s is as captured people do it", (action, { speed, cycle, knee, elbow, hip }) => {
  const found = measure(action as Action);
  expect(Math.abs(found.speed / speed - 1)).toBeLessThan(0.08);
  if (cycle) expect(Math.abs(found.cycle / cycle - 1)).toBeLessThan(0.08);
  const near = (name: "knee" | "elbow" | "hip", aims: number[] | undefined, tolerance: number) => {
    for (const [i, aim] of (aims ?? []).entries())
      expect(Math.abs(found[name][i] - aim), `${name} ${found[name]}, not ${aims}`).toBeLessThan(tolerance);
  };
  near("knee", knee, 14);
  near("elbow", elbow, 12);
  near("hip", hip, 0.06);
});

test("walking in a curve is slower", () => {
  expect(Math.abs(measure("walk", true).speed / 0.87 - 1)).toBeLessThan(0.08);
});
