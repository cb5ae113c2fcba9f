// One rank of bench/scale.ts, or a process alone: trains some steps of three methods and prints what they took.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as drifting from "../src/methods/drifting/settings.js";
import { trainDrifting } from "../src/methods/drifting/train.js";
import * as flow from "../src/methods/flow/settings.js";
import { trainFlow } from "../src/methods/flow/train.js";
import { presets as sphere, trainSphere } from "../src/methods/sphere/index.js";
import { joinRanks, launchedBy, type MpiRanks } from "../src/runtime/mpi/index.js";
import type { RunResult, TrainOptions } from "../src/train/index.js";
import { noiseImages } from "./noise-images.js";
import { median } from "./report.js";

const STEPS = Number(process.argv[2] ?? 8);

const data = noiseImages(1000);
const briefly = <T extends { steps: number }>(stage: T): T => ({ ...stage, steps: 1 });
const { drift, ball, straight } = { drift: drifting.presets.tiny, ball: sphere.tiny, straight: flow.presets.tiny };
/** The last stage of each preset as it is, after one step of those before it. */
const methods: Record<string, (options: TrainOptions) => Promise<RunResult>> = {
  drifting: (options) =>
    trainDrifting(
      data,
      {
        ...drift,
        features: briefly(drift.features),
        autoencoder: briefly(drift.autoencoder),
        latentStage: briefly(drift.latentStage),
        jointStage: { ...drift.jointStage, steps: STEPS },
      },
      options,
    ),
  flow: (options) => trainFlow(data, { ...straight, flow: { ...straight.flow, steps: STEPS } }, options),
  sphere: (options) =>
    trainSphere(
      data,
      { ...ball, features: briefly(ball.features), training: { ...ball.training, steps: STEPS, warmup: 2 } },
      options,
    ),
};

/** Milliseconds of an exchange of so many numbers, the fastest of twenty: others on the machine only make it longer. */
async function exchange(ranks: MpiRanks, size: number): Promise<number> {
  const values = new Float32Array(size);
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const before = ranks.spent.exchanging;
    await ranks.sum(values);
    times.push(ranks.spent.exchanging - before);
  }
  return Math.min(...times);
}

const launched = launchedBy(process.env);
const ranks = launched ? await joinRanks(launched) : undefined;
const found: Record<string, unknown> = {};
for (const [name, train] of Object.entries(methods)) {
  const out = mkdtempSync(join(tmpdir(), "fewstep-scale-"));
  const steps: { ms: number; cpu: number; exchanging: number; waiting: number; loss: number; norm: number }[] = [];
  const now = () => ({
    ms: performance.now(),
    cpu: process.cpuUsage(),
    ...(ranks?.spent ?? { exchanging: 0, waiting: 0 }),
  });
  let before = now();
  let last = "";
  // Every rank hears of steps only by the first's progress, and only the first prints
  const onProgress: TrainOptions["onProgress"] = (event) => {
    if (event.type !== "step") return;
    if (event.stage !== last) steps.length = 0;
    last = event.stage;
    const { user, system } = process.cpuUsage(before.cpu);
    const { ms, exchanging, waiting } = now();
    const { loss, norm } = event.metrics;
    steps.push({
      ms: ms - before.ms,
      cpu: (user + system) / 1e3,
      exchanging: exchanging - before.exchanging,
      waiting: waiting - before.waiting,
      loss,
      norm,
    });
    before = now();
  };
  await train({ out, threads: 1, sampleEvery: 0, ranks, onProgress });
  rmSync(out, { recursive: true, force: true });
  const later = steps.slice(1); // the first compiles
  found[name] = {
    stage: last,
    ms: median(later.map(({ ms }) => ms)),
    cpu: median(later.map(({ cpu }) => cpu)),
    exchanging: median(later.map(({ exchanging }) => exchanging)),
    waiting: median(later.map(({ waiting }) => waiting)),
    losses: steps.map(({ loss }) => loss),
    norms: steps.map(({ norm }) => norm),
  };
}
if (ranks) {
  const [small, large] = [await exchange(ranks, 1), await exchange(ranks, 4 * 2 ** 20)];
  found.exchange = { ms: small, large, bytes: 16 * 2 ** 20 };
}
if (!ranks || ranks.rank === 0) console.log(JSON.stringify(found));
await ranks?.leave();
process.exit(0);
