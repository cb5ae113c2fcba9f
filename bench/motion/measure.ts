import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { locomotion } from "../../src/data/motion/locomotion/index.js";
import { resolveMotion } from "../../src/data/motion/resolve.js";
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
  /** What models learn from. */
  readonly dataset: MotionDataset;
  /** Whose test clips' captions are asked for, and are what is drawn compared with. */
  readonly shown: MotionDataset;
  readonly judge: MotionJudge;
  readonly real: Real;
  /** Where trained models are kept, so that a bench that was stopped goes on. */
  readonly folder: string;
  /** Motions that are judged, of each variant and way to draw. */
  readonly judged: number;
}

/** The judge of a folder, which learns from clips where it is not there yet. */
async function judgeOf(folder: string, learns: MotionDataset, { threads, quick, note }: Options): Promise<MotionJudge> {
  const at = join(folder, quick ? "judge-quick" : "judge");
  if (!existsSync(join(at, "model/config.json"))) {
    note("the judge");
    const settings = { ...judgePresets.tiny, clips: 1, steps: quick ? 60 : judgePresets.tiny.steps };
    await trainMotionJudge(learns, settings, { out: at, name: "judge", threads, device: "cpu" });
  }
  return MotionJudge.load(at, { device: "cpu", threads });
}

/** The procedure's motions; the judge learns from clips of another seed. */
export async function procedural(options: Options): Promise<Context> {
  const clips = options.quick ? 120 : 1500;
  const [folder, judged] = ["out/bench-motion", 196];
  const judge = await judgeOf(folder, locomotion({ clips, test: 200, seed: 1 }), options);
  const dataset = locomotion({ clips, test: options.quick ? 120 : 400 });
  return { ...options, dataset, shown: dataset, judge, real: await realOf(judge, dataset, judged), folder, judged };
}

/**
 * Captured motions. They are few: models learn from all training clips, the judge from two fifths of them, and real motions
 * are the test clips and a fifth that the judge has not learnt from; the other two fifths are the floor's.
 */
export async function captured(id: string, options: Options): Promise<Context> {
  const dataset = await resolveMotion(id, { onProgress: () => {} });
  const fifths = (...which: number[]) => dataset.train.filter((_, i) => which.includes(i % 5));
  const [folder, judged] = [`out/bench-motion-${id}`, 64];
  const judge = await judgeOf(folder, { ...dataset, train: fifths(0, 1) }, options);
  const shown = { ...dataset, train: fifths(3, 4), test: [...dataset.test, ...fifths(2)] };
  return { ...options, dataset, shown, judge, real: await realOf(judge, shown, judged), folder, judged };
}

/** Trains a variant with a seed, draws and judges; what was measured before is read. */
export async function measure(name: string, seed: number, context: Context): Promise<Row[]> {
  const { quick, threads, dataset, note } = context;
  const folder = join(context.folder, `${quick ? "quick-" : ""}${name.replaceAll(/\W+/g, "-")}-${seed}`);
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
  { shown, judge, real, judged: count, threads, note }: Context,
): Promise<Row[]> {
  const files = await readModel(folder, () => motionArchitecture);
  const { shape, net } = loadedNetwork(motionArchitecture, files);
  const model = new Chunks(files.config, shape, net, { device: "cpu", threads });
  const random = new Random(seed, "bench");
  const asked = asks(shown.test, count, random);
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
      (_, i) => `${asked[i].prompt}, then ${asked[(7 * i + 3) % count].prompt}`,
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
