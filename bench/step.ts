import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveData } from "../src/data/index.js";
import { methods } from "../src/methods/registry.js";
import type { Dataset } from "../src/models/method.js";
import type { TrainOptions } from "../src/train/index.js";
import { noiseImages } from "./noise-images.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** Methods with the presets that the shipped models were trained with, and data. */
const CASES: Record<string, { preset: string; data: string | null }> = {
  drifting: { preset: "small", data: null },
  sphere: { preset: "small", data: null },
  flow: { preset: "small", data: null },
  discrete: { preset: "small", data: "text-mix" },
  motion: { preset: "small", data: "locomotion" },
  dyadic: { preset: "small", data: "conversations" },
};
const TIMES = ["network", "outside", "networkCpu", "outsideCpu"] as const;
type Times = Record<(typeof TIMES)[number], number>;

/** Wall and processor time of the whole process so far, ms. */
function now() {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), cpu: (user + system) / 1e3 };
}

/** Time that the native runtime's sessions have run so far, ms, and how many sessions there were. */
const network = { wall: 0, cpu: 0, sessions: 0 };
function watchSessions(): void {
  const { InferenceSession } = createRequire(import.meta.url)("onnxruntime-node");
  const { create } = InferenceSession;
  InferenceSession.create = (...given: unknown[]) => {
    network.sessions++;
    return create.apply(InferenceSession, given);
  };
  const { run } = InferenceSession.prototype;
  InferenceSession.prototype.run = async function (...given: unknown[]) {
    const before = now();
    const results = await run.apply(this, given);
    const after = now();
    network.wall += after.wall - before.wall;
    network.cpu += after.cpu - before.cpu;
    return results;
  };
}

/** Every stage of `settings` with so many steps, as far as it has any. */
const briefly = (settings: object, steps: number): object =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      if (name === "steps" && value > 0) return [name, steps];
      if (name === "warmup") return [name, Math.min(value, 2)];
      return [
        name,
        value !== null && typeof value === "object" && !Array.isArray(value) ? briefly(value, steps) : value,
      ];
    }),
  );

/** What each stage of a training takes for a step: medians of those in which nothing was compiled. */
async function stagesOf(name: string, preset: string, dataset: Dataset, steps: number, threads: number) {
  const out = mkdtempSync(join(tmpdir(), "fewstep-step-"));
  const stages = new Map<string, Times[]>();
  let before = { ...now(), network: { ...network } };
  const onProgress: TrainOptions["onProgress"] = (event) => {
    if (event.type !== "step" && event.type !== "stage") return;
    const at = { ...now(), network: { ...network } };
    const { wall, cpu, sessions } = before.network;
    if (event.type === "step" && at.network.sessions === sessions) {
      const inside = { network: at.network.wall - wall, networkCpu: at.network.cpu - cpu };
      const whole = { wall: at.wall - before.wall, cpu: at.cpu - before.cpu };
      const outside = { outside: whole.wall - inside.network, outsideCpu: whole.cpu - inside.networkCpu };
      stages.set(event.stage, [...(stages.get(event.stage) ?? []), { ...inside, ...outside }]);
    }
    before = { ...now(), network: { ...network } };
  };
  const settings = briefly(methods[name].settings(preset, dataset), steps);
  await methods[name].train(dataset, settings, { out, threads, sampleEvery: 0, onProgress });
  rmSync(out, { recursive: true, force: true });
  return Array.from(stages, ([stage, found]) => {
    const of = (key: keyof Times) => round(median(found.map((times) => times[key])));
    const times = Object.fromEntries(TIMES.map((key) => [key, of(key)])) as Times;
    const share = ({ outsideCpu, networkCpu }: Times) => outsideCpu / (outsideCpu + networkCpu);
    return { method: name, preset, stage, steps: found.length, ...times, cpuShare: round(share(times), 2) };
  });
}

/**
 * What of a training step is not the network, stage by stage: everything outside of the runs of compiled programs
 * (data, noise, plans of losses, the optimiser, averages). `names`: methods, or `method:preset`; default all, as the shipped
 * models were trained.
 */
export async function run({ names, threads, quick, note }: BenchOptions) {
  const before = load();
  watchSessions();
  const rows = [];
  for (const name of names.length > 0 ? names : Object.keys(CASES)) {
    const [method, asked] = name.split(":");
    const { preset: shipped, data } = CASES[method];
    const preset = asked ?? shipped;
    note(`${method}, ${preset} …`);
    rows.push(
      ...(await stagesOf(
        method,
        preset,
        data === null ? noiseImages(1000) : await resolveData(data),
        quick ? 6 : 24,
        threads,
      )),
    );
  }
  return { machine: machine(), load: { before, after: load() }, threads, rows };
}

export const show = ({ rows, machine, load, threads }: Awaited<ReturnType<typeof run>>): string =>
  `${table(
    ["method", "preset", "stage", "network ms", "outside ms", "CPU: network", "outside", "share"],
    rows.map((row) => [
      ...[row.method, row.preset, row.stage, row.network, row.outside, row.networkCpu, row.outsideCpu],
      `${round(100 * row.cpuShare, 2)} %`,
    ]),
  )}
Medians of a step; ${machine.cpu}, ${threads} threads, load average ${load.before} before, ${load.after} after.`;
