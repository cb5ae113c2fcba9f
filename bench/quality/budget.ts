import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ImageDataset } from "../../src/data/index.js";
import { drifting, flow } from "../../src/index.js";
import { writeFileAtomic } from "../../src/io/atomic.js";
import { median } from "../report.js";
import type { Rival } from "./rivals.js";

/** Steps of a short run that tells what one costs; the first two compile. */
const TRIED = 8;
const WARM = 2;

interface Training {
  dataset: ImageDataset;
  rival: Rival;
  seed: number;
  /** Folder of this seed's runs. */
  runs: string;
  featureSteps: number;
  threads: number;
}

/** Processor seconds, of all threads, since `before`. */
function processor(before = 0): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 - before;
}

function train(
  { dataset, rival, threads }: Training,
  settings: ReturnType<Rival["settings"]>,
  options: { out: string; resume: boolean; onProgress: (event: { type: string; stage?: string }) => void },
) {
  const all = { ...options, threads, sampleEvery: 0 };
  return rival.method === "drifting"
    ? drifting.trainDrifting(dataset, settings as drifting.DriftingSettings, all)
    : flow.trainFlow(dataset, settings as flow.FlowSettings, all);
}

/** The steps of a rival's stage that `seconds` of processor time pay for, by a short run; what comes before them is free. */
async function stepsWithin(seconds: number, training: Training): Promise<number> {
  const { rival, runs } = training;
  const out = join(runs, `${rival.name}-probe`);
  rmSync(out, { recursive: true, force: true });
  const times: number[] = [];
  await train(training, rival.settings({ ...training, steps: TRIED, featureSteps: 1 }), {
    out,
    resume: false,
    onProgress: ({ type, stage }) => {
      if (type === "step" && stage === rival.stage) times.push(processor());
    },
  });
  rmSync(out, { recursive: true, force: true });
  const costs = times.slice(WARM).map((time, i) => time - times[i + WARM - 1]);
  return Math.max(1, Math.floor(seconds / median(costs)));
}

export interface Trained {
  steps: number;
  /** Processor seconds of the stage's steps. */
  processor: number;
}

/** Keeps numbers in a file beside the runs, so that a bench that was stopped goes on with them. */
const kept = (path: string): Record<string, number> => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {});

/**
 * Trains a rival for as many steps as `seconds` pay for, in its folder of `runs`; one that was stopped goes on, one that is
 * there is left as it is.
 */
export async function trained(seconds: number, training: Training, note: (text: string) => void): Promise<Trained> {
  const { rival, seed, runs } = training;
  const out = join(runs, rival.name);
  const plan = join(runs, `${rival.name}-plan.json`);
  let { steps = 0, processor: used = 0 } = kept(plan);
  const save = () => writeFileAtomic(plan, JSON.stringify({ steps, processor: used }));
  if (steps === 0) {
    note(`${rival.name}, seed ${seed}: a short run tells what a step costs`);
    steps = await stepsWithin(seconds, training);
    await save();
  }
  if (existsSync(join(out, "model", "config.json"))) return { steps, processor: used };
  note(`${rival.name}, seed ${seed}: ${steps} steps`);
  let last: number | null = null;
  let unsaved: Promise<void> = Promise.resolve();
  await train(training, rival.settings({ ...training, steps }), {
    out,
    resume: existsSync(join(out, "config.json")),
    onProgress(event) {
      const { type, stage } = event;
      if (type === "stage") last = stage === rival.stage ? processor() : null;
      if (type === "step" && last !== null) {
        used += processor(last);
        last = processor();
      }
      if (type === "checkpoint") unsaved = unsaved.then(save);
    },
  });
  await unsaved;
  await save();
  return { steps, processor: used };
}
