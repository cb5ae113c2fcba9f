import { loadModel } from "../src/methods/load.js";
import { footSkating } from "../src/metrics/motion/index.js";
import { mean } from "../src/metrics/quantile.js";
import { FeetPlanter, FloorPath, PathFollower, positionsOf, type Spot } from "../src/motion/index.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const PROMPTS = ["a person walks", "a person runs", "a person walks backward"];
const PATHS: Readonly<Record<string, readonly Spot[]>> = {
  line: [
    [0, 0],
    [0, 20],
  ],
  circle: Array.from({ length: 41 }, (_, i): Spot => {
    const angle = ((i % 40) * Math.PI) / 20;
    return [2 - 2 * Math.cos(angle), 2 * Math.sin(angle)];
  }),
  waves: Array.from({ length: 60 }, (_, i): Spot => [1.2 * Math.sin(i / 6), 0.3 * i]),
  square: [
    [0, 0],
    [0, 3],
    [3, 3],
    [3, 0],
    [0, 0],
  ],
};
/** Metres behind the end of an open path that it goes straight on. */
const BEHIND = 60;

/** Motions of a model led along paths: metres from the path, and the share of skating, beside that without a path. */
export async function run({ names: [location = "walker"], threads, quick, note }: BenchOptions) {
  const model = await loadModel(location, { kind: "motion", device: "cpu", threads });
  const rows = [];
  for (const prompt of PROMPTS) {
    note(prompt);
    const asked = { prompt, seconds: 9.6, count: quick ? 4 : 12, seed: 3, steps: 8, lag: 4, feet: "free" };
    const { clips } = await model.sample(asked);
    const planted = (clip: (typeof clips)[number]) => new FeetPlanter().plant(clip);
    const skating = (all: typeof clips) => round(mean(all.map((clip) => footSkating(positionsOf(clip), clip.fps))));
    rows.push({ prompt, path: "none", mean: 0, largest: 0, skating: skating(clips.map(planted)) });
    for (const [name, points] of Object.entries(PATHS)) {
      const path = new FloorPath(points);
      const led = clips.map((clip) => {
        const follower = new PathFollower();
        follower.follow(points);
        return planted(follower.steer(clip));
      });
      const end = path.closed ? path.length : path.length + BEHIND;
      const away = led.flatMap(({ root, frames }) =>
        Array.from({ length: frames }, (_, t) => path.nearest([root[3 * t], root[3 * t + 2]], 0, end).distance),
      );
      const largest = round(Math.max(...away));
      rows.push({ prompt, path: name, mean: round(mean(away)), largest, skating: skating(led) });
    }
  }
  await model.release();
  return { machine: machine(), load: load(), model: location, rows };
}

export const show = ({ model, rows }: Awaited<ReturnType<typeof run>>): string =>
  `${model}\n${table(
    ["prompt", "path", "metres away, mean", "largest", "skating"],
    rows.map((row) => Object.values(row).map(String)),
  )}`;
