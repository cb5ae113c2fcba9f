import { locomotion } from "../src/data/motion/locomotion/index.js";
import { MotionJudge } from "../src/judges/motion/model.js";
import { loadModel } from "../src/methods/load.js";
import {
  changes,
  endure,
  goingOn,
  type Pace,
  quality,
  realChanges,
  speed,
  type Turning,
  turnQuality,
} from "./motion/live.js";
import { inBrowser } from "./motion/live-page.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** K and L of a session whose speed is measured; the first is also that of the long one. */
const FAST: readonly Pace[] = [
  { steps: 8, lag: 8 },
  { steps: 16, lag: 4 },
];
/** Sessions whose reaction to a new text is measured; of the first two also what they show after it. */
const TURNINGS: readonly Turning[] = [
  { steps: 16, lag: 4, turn: "anew" },
  { steps: 16, lag: 4, turn: "blend" },
  { steps: 16, lag: 4, turn: "anew", guidance: 3 },
  { steps: 16, lag: 4, turn: "anew", guidance: 4 },
  { steps: 8, lag: 4, turn: "anew" },
  { steps: 8, lag: 8, turn: "anew" },
  { steps: 8, lag: 8, turn: "blend" },
];
/** K and L whose quality is measured, of motions drawn whole. */
const PACES: readonly Pace[] = [...FAST, { steps: 16, lag: 8 }, { steps: 8, lag: 4 }, { steps: 4, lag: 4 }];

/**
 * A motion that never ends: how fast it comes, how soon it follows a new text, and what becomes of it. `names`: a model
 * by name or folder, and a judge's folder.
 */
export async function run({ names, threads, quick, note }: BenchOptions) {
  const [location = "walker", judgeAt = "out/bench-motion/judge"] = names;
  const judge = await MotionJudge.load(judgeAt, { device: "cpu", threads: 1 });
  const open = (threads: number) => loadModel(location, { kind: "motion", device: "cpu", threads });
  const before = load();
  const done = <Row>(row: Row): Row => {
    note(JSON.stringify(row));
    return row;
  };
  note(`${location}: in Chromium`);
  const browser = done(await inBrowser(location, FAST, threads));
  const speeds = [];
  for (const count of [1, 2])
    for (const pace of FAST) {
      note(`${location}: ${count} threads, ${JSON.stringify(pace)}`);
      const model = await open(count);
      speeds.push(done({ threads: count, ...pace, ...(await speed(model, pace)) }));
      await model.release();
    }
  const model = await open(threads);
  const told = [];
  const dataset = locomotion({ clips: 1500, test: 400 });
  const reaction = (found: readonly (number | null)[]) => {
    const shown = found.filter((seconds) => seconds !== null);
    const seconds = shown.length > 0 ? round(median(shown)) : null;
    return { seeds: found.length, shown: shown.length, seconds };
  };
  for (const [i, turning] of TURNINGS.entries()) {
    note(`${location}: from a walk to a run, ${JSON.stringify(turning)}`);
    const found = reaction(await changes(model, turning, quick ? 8 : 20));
    const count = quick ? 32 : 64;
    const after = i < 2 ? await turnQuality(model, judge, { dataset, turning, count }) : {};
    told.push(done({ ...turning, guidance: turning.guidance ?? 2, ...found, ...after }));
  }
  const sequences = locomotion({ clips: quick ? 1000 : 4000, test: 0, sequences: 1 });
  const real = done(reaction(realChanges(sequences)));
  const begun = locomotion({ clips: 0, test: quick ? 10 : 40, sequences: 0, frames: [96, 128] });
  const continued = done(await goingOn(model, begun.test));
  const paces = [];
  for (const pace of PACES) {
    note(`${location}: quality, ${JSON.stringify(pace)}`);
    paces.push(done({ ...pace, ...(await quality(model, judge, dataset, pace)) }));
  }
  const long = [];
  for (const history of [0, 0.03]) {
    const minutes = quick ? 2 : 10;
    note(`${location}: ${minutes} minutes, history ${history}`);
    long.push(done(await endure(model, judge, { minutes, history, ...FAST[0] })));
  }
  await model.release();
  await judge.release();
  return {
    machine: machine(),
    load: { before, after: load() },
    model: location,
    speeds,
    told,
    real,
    continued,
    paces,
    long,
    browser,
  };
}

export const show = ({
  model,
  load,
  speeds,
  told,
  real,
  continued,
  paces,
  long,
  browser,
}: Awaited<ReturnType<typeof run>>): string =>
  [
    `${model}; load ${load.before} before, ${load.after} after`,
    table(
      [
        "threads",
        "K",
        "L",
        "seconds of motion a second",
        "first block cold, ms",
        "warm",
        "from a new text to its first block, ms",
      ],
      speeds.map((row) => Object.values(row)),
    ),
    table(
      [
        ...["K", "L", "at a new text", "guidance", "seeds", "of which run at last"],
        ...["seconds of motion until a walk is a run, median", "Fréchet after it", "its floor", "accuracy"],
        ...["skating", "mean jerk"],
      ],
      told.map((row) => Object.values(row).map((value) => value ?? "")),
    ),
    `real clips: ${real.shown} of ${real.seeds}, ${real.seconds} s from where their captions begin`,
    `jerk where ${continued.clips} real clips are gone on from: ${continued.seam}; before it ${continued.before}, behind it ${continued.after}`,
    table(
      ["K", "L", "Fréchet", "its floor", "skating"],
      paces.map((row) => Object.values(row)),
    ),
    table(
      [
        ...["history", "minutes", "MB after minute 1", "MB at the end", "skating, first minute", "last"],
        ...["Fréchet of minute 2 to 1", "of the last to 1"],
      ],
      long.map((row) => Object.values(row)),
    ),
    table(
      ["K", "L", "threads (WASM)", "seconds of motion a second in Chromium", "page to first block, ms"],
      browser.map((row) => Object.values(row)),
    ),
  ].join("\n");
