import { MotionJudge } from "../src/judges/motion/model.js";
import { loadModel } from "../src/methods/load.js";
import { changes, endure, STEPS, speed } from "./motion/live.js";
import { inBrowser } from "./motion/live-page.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

const LAGS = [4, 2];

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
  const browser = done(await inBrowser(location, LAGS, threads));
  const speeds = [];
  for (const count of [1, 2])
    for (const lag of LAGS) {
      note(`${location}: ${count} threads, lag ${lag}`);
      const model = await open(count);
      speeds.push(done({ threads: count, lag, ...(await speed(model, lag)) }));
      await model.release();
    }
  const model = await open(threads);
  const told = [];
  for (const lag of LAGS) {
    note(`${location}: from a walk to a run, lag ${lag}`);
    const found = await changes(model, lag, quick ? 8 : 20);
    const shown = found.filter((seconds) => seconds !== null);
    const seconds = shown.length > 0 ? round(median(shown)) : null;
    told.push(done({ lag, seeds: found.length, shown: shown.length, seconds }));
  }
  const long = [];
  for (const history of [0, 0.03]) {
    const minutes = quick ? 2 : 10;
    note(`${location}: ${minutes} minutes, history ${history}`);
    long.push(done(await endure(model, judge, { minutes, history, lag: LAGS[0] })));
  }
  await model.release();
  await judge.release();
  return {
    machine: machine(),
    load: { before, after: load() },
    model: location,
    steps: STEPS,
    speeds,
    told,
    long,
    browser,
  };
}

export const show = ({ model, load, speeds, told, long, browser }: Awaited<ReturnType<typeof run>>): string =>
  [
    `${model}, K = ${STEPS}; load ${load.before} before, ${load.after} after`,
    table(
      [
        "threads",
        "L",
        "seconds of motion a second",
        "first block cold, ms",
        "warm",
        "from a new text to its first block, ms",
      ],
      speeds.map((row) => Object.values(row)),
    ),
    table(
      ["L", "seeds", "of which run at last", "seconds of motion until a walk is a run, median"],
      told.map((row) => Object.values(row).map((value) => value ?? "")),
    ),
    table(
      [
        ...["history", "minutes", "MB after minute 1", "MB at the end", "skating, first minute", "last"],
        ...["Fréchet of minute 2 to 1", "of the last to 1"],
      ],
      long.map((row) => Object.values(row)),
    ),
    table(
      ["L", "threads (WASM)", "seconds of motion a second in Chromium", "page to first block, ms"],
      browser.map((row) => Object.values(row)),
    ),
  ].join("\n");
