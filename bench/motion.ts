import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { locomotion } from "../src/data/motion/locomotion/index.js";
import { MotionJudge } from "../src/judges/motion/model.js";
import { presets as judgePresets } from "../src/judges/motion/settings.js";
import { trainMotionJudge } from "../src/judges/motion/train.js";
import { motionArchitecture } from "../src/methods/motion/network.js";
import { presets } from "../src/methods/motion/settings.js";
import { trainMotion } from "../src/methods/motion/train.js";
import { loadedNetwork } from "../src/models/architecture.js";
import { readModel } from "../src/models/files.js";
import { Random } from "../src/random/index.js";
import { asks, Chunks, draw, SECONDS, TWICE } from "./motion/draw.js";
import { jerkAround, judged, realOf } from "./motion/judging.js";
import { STEPS, settingsOf, VARIANTS } from "./motion/variants.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** Where trained models are kept, so that a bench that was stopped goes on. */
const FOLDER = "out/bench-motion";
/** Motions that are judged, of each variant and way to draw. */
const JUDGED = 196;
/** Motions with a change of what they show. */
const CHANGES = 48;
const GUIDANCE = 2;

interface Row {
  variant: string;
  seed: number;
  drawn: string;
  [figure: string]: number | string;
}

/**
 * Motions of the procedure `locomotion`: every variant trained alike, three seeds, and judged by a network that learnt
 * from other clips. `names`: only those variants; `rounds`: seeds.
 */
export async function run({ names, rounds, threads, quick, note }: BenchOptions) {
  const dataset = locomotion({ clips: quick ? 120 : 1500, test: quick ? 120 : 400 });
  const judgeFolder = join(FOLDER, quick ? "judge-quick" : "judge");
  if (!existsSync(join(judgeFolder, "model/config.json"))) {
    note("the judge");
    const other = locomotion({ clips: quick ? 120 : 1500, test: 200, seed: 1 });
    const settings = { ...judgePresets.tiny, clips: 1, steps: quick ? 60 : judgePresets.tiny.steps };
    await trainMotionJudge(other, settings, { out: judgeFolder, name: "judge", threads, device: "cpu" });
  }
  const judge = await MotionJudge.load(judgeFolder, { device: "cpu", threads });
  const real = await realOf(judge, dataset, JUDGED);
  const rows: Row[] = [];
  for (const [name, variant] of Object.entries(VARIANTS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    for (let seed = 0; seed < rounds; seed++) {
      const folder = join(FOLDER, `${quick ? "quick-" : ""}${name.replaceAll(/\W+/g, "-")}-${seed}`);
      const figures = join(folder, "figures.json");
      if (existsSync(figures)) {
        rows.push(...(JSON.parse(await readFile(figures, "utf8")) as Row[]));
        continue;
      }
      if (!existsSync(join(folder, "model/config.json"))) {
        note(`${name}, seed ${seed}`);
        await trainMotion(dataset, settingsOf(presets.tiny, variant, seed, quick), {
          ...{ out: folder, name: "bench", threads, device: "cpu", resume: existsSync(join(folder, "config.json")) },
        });
      }
      const own = await figuresOf(folder, name, seed);
      await writeFile(figures, JSON.stringify(own));
      rows.push(...own);
    }
  }
  return { machine: machine(), load: load(), real: { ...real, features: undefined }, rows };

  async function figuresOf(folder: string, name: string, seed: number): Promise<Row[]> {
    const files = await readModel(folder, () => motionArchitecture);
    const { shape, net } = loadedNetwork(motionArchitecture, files);
    const model = new Chunks(files.config, shape, net, { device: "cpu", threads });
    const random = new Random(seed, "bench");
    const asked = asks(dataset.test, JUDGED, random);
    const own: Row[] = [];
    for (const [drawn, { lag, chunks }] of Object.entries(VARIANTS[name].draws)) {
      note(`${name}, seed ${seed}: ${drawn}`);
      const how = { lag, chunks, seed, guidance: GUIDANCE };
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
      const seams = [48, 84, 120].map((frame) => frame); // where pieces of 48 frames that share 12 meet
      const seam = jerkAround(changing, seams, real);
      const change = jerkAround(changing, [middle], real, 60);
      model.chunk = chunks ?? Number.POSITIVE_INFINITY;
      const calls = model.cost({
        prompt: "a",
        seconds: TWICE,
        steps: STEPS,
        lag,
        guidance: 1,
        ...(chunks && { sampler: "renoise" as const }),
      });
      own.push({
        ...{ variant: name, seed, drawn, calls },
        ...(await judged(judge, clips, asked, real)),
        ...{ seamPeak: seam.peak, changePeak: change.peak, changeArea: change.area },
      });
    }
    await model.release();
    return own;
  }
}

/** Mean and deviation over seeds. */
function over(rows: readonly Row[], figure: string, digits = 3): string {
  const values = rows.map((row) => Number(row[figure]));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return String(round(mean, digits));
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return `${round(mean, digits)} ± ${round(deviation, 2)}`;
}

export function show({
  machine,
  load,
  real,
  rows,
}: {
  machine: string;
  load: string;
  real: Record<string, number>;
  rows: Row[];
}) {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.variant}|${row.drawn}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = [...groups].map(([key, own]) => [
    ...key.split("|"),
    String(own[0].calls),
    over(own, "accuracy"),
    over(own, "frechet"),
    (own.reduce((sum, row) => sum + Number(row.frechet), 0) / own.length / real.floor).toFixed(1),
    over(own, "rPrecision"),
    over(own, "seamPeak"),
    over(own, "changePeak"),
    over(own, "skating"),
  ]);
  const head = [
    "variant",
    "drawn",
    "calls",
    "accuracy",
    "Fréchet",
    "× floor",
    "R@3",
    "seam jerk",
    "change jerk",
    "skating",
  ];
  const about = `real: accuracy ${round(real.accuracy)}, Fréchet floor ${round(real.floor)}, jerk ${round(real.jerk)}, skating ${round(real.skating)}`;
  return `${machine}, ${load}\n${about}\n${table(head, lines)}`;
}
