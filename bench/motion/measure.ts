import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { locomotion } from "../../src/data/motion/locomotion/index.js";
import type { MotionDataset } from "../../src/data/motion-dataset.js";
import { MotionJudge } from "../../src/judges/motion/model.js";
import { presets as judgePresets } from "../../src/judges/motion/settings.js";
import { trainMotionJudge } from "../../src/judges/motion/train.js";
import { motionArchitecture } from "../../src/methods/motion/network.js";
import { presets } from "../../src/methods/motion/settings.js";
import { blockFrames } from "../../src/methods/motion/shape.js";
import { trainMotion } from "../../src/methods/motion/train.js";
import { jerk } from "../../src/metrics/motion/index.js";
import { mean } from "../../src/metrics/quantile.js";
import { loadedNetwork } from "../../src/models/architecture.js";
import { readModel } from "../../src/models/files.js";
import { positionsOf } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";
import { asks, Chunks, draw, SECONDS, seamsOf, TWICE } from "./draw.js";
import { jerkAround, judged, type Real, realOf } from "./judging.js";
import { STEPS, settingsOf, VARIANTS } from "./variants.js";

/** Where trained models are kept, so that a bench that was stopped goes on. */
const FOLDER = "out/bench-motion";
/** Motions that are judged, of each variant and way to draw. */
const JUDGED = 196;
/** Long motions: with a change of what they show, and without. */
const CHANGES = 48;
const GUIDANCE = 2;

/** Figures of one way to draw with one model. */
export interface Row {
  variant: string;
  seed: number;
  drawn: string;
  [figure: string]: number | string;
}

interface Options {
  threads: number;
  quick: boolean;
  note(text: string): void;
}
export interface Context extends Options {
  readonly dataset: MotionDataset;
  readonly judge: MotionJudge;
  readonly real: Real;
}

/** The data, and the judge, which learns from clips of another seed where it is not there yet. */
export async function theJudge(options: Options): Promise<Context> {
  const { threads, quick, note } = options;
  const clips = quick ? 120 : 1500;
  const folder = join(FOLDER, quick ? "judge-quick" : "judge");
  if (!existsSync(join(folder, "model/config.json"))) {
    note("the judge");
    const settings = { ...judgePresets.tiny, clips: 1, steps: quick ? 60 : judgePresets.tiny.steps };
    const other = locomotion({ clips, test: 200, seed: 1 });
    await trainMotionJudge(other, settings, { out: folder, name: "judge", threads, device: "cpu" });
  }
  const judge = await MotionJudge.load(folder, { device: "cpu", threads });
  const dataset = locomotion({ clips, test: quick ? 120 : 400 });
  return { ...options, dataset, judge, real: await realOf(judge, dataset, JUDGED) };
}

/** Trains a variant with a seed, draws and judges; what was measured before is read. */
export async function measure(name: string, seed: number, context: Context): Promise<Row[]> {
  const { quick, threads, dataset, note } = context;
  const folder = join(FOLDER, `${quick ? "quick-" : ""}${name.replaceAll(/\W+/g, "-")}-${seed}`);
  const figures = join(folder, "figures.json");
  if (existsSync(figures)) return JSON.parse(await readFile(figures, "utf8")) as Row[];
  if (!existsSync(join(folder, "model/config.json"))) {
    note(`${name}, seed ${seed}`);
    await trainMotion(dataset, settingsOf(presets.tiny, VARIANTS[name], seed, quick), {
      ...{ out: folder, name: "bench", threads, device: "cpu", resume: existsSync(join(folder, "config.json")) },
    });
  }
  const rows = await figuresOf(folder, name, seed, context);
  await writeFile(figures, JSON.stringify(rows));
  return rows;
}

async function figuresOf(
  folder: string,
  name: string,
  seed: number,
  { dataset, judge, real, threads, note }: Context,
): Promise<Row[]> {
  const files = await readModel(folder, () => motionArchitecture);
  const { shape, net } = loadedNetwork(motionArchitecture, files);
  const model = new Chunks(files.config, shape, net, { device: "cpu", threads });
  const random = new Random(seed, "bench");
  const asked = asks(dataset.test, JUDGED, random);
  const own: Row[] = [];
  for (const [drawn, drawing] of Object.entries(VARIANTS[name].draws)) {
    note(`${name}, seed ${seed}: ${drawn}`);
    const how = { ...drawing, seed, guidance: GUIDANCE };
    const clips = await draw(
      model,
      asked.map(({ prompt }) => prompt),
      { ...how, seconds: SECONDS },
    );
    const pairs = Array.from(
      { length: CHANGES },
      (_, i) => `${asked[i].prompt}, then ${asked[(7 * i + 3) % JUDGED].prompt}`,
    );
    const changing = await draw(model, pairs, { ...how, seconds: TWICE });
    const middle = (TWICE * shape.fps) / 2;
    const long = await draw(
      model,
      asked.slice(0, CHANGES).map(({ prompt }) => prompt),
      { ...how, seconds: TWICE },
    );
    const seams = seamsOf(drawing, blockFrames(shape));
    const seam = jerkAround(long, seams, real);
    const change = jerkAround(changing, [middle], real, 60);
    const calls = model.cost({
      prompt: "a",
      seconds: TWICE,
      steps: STEPS,
      lag: drawing.lag,
      guidance: 1,
      ...(drawing.pieces && { sampler: "renoise" as const }),
    });
    own.push({
      ...{ variant: name, seed, drawn, calls, feet: "planted" },
      ...(await judged(judge, clips, asked, real)),
      ...{ seamPeak: seam.peak, meanJerk: mean(long.flatMap((clip) => [...jerk(positionsOf(clip))])) },
      ...{ changePeak: change.peak, changeArea: change.area },
    });
  }
  await model.release();
  return own;
}
