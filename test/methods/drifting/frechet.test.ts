import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DriftingSettings, presets } from "../../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../../src/methods/drifting/train.js";
import type { TrainOptions } from "../../../src/train/index.js";
import { shapes } from "../pictures.js";

const start: DriftingSettings = {
  ...presets.page,
  autoencoder: { ...presets.page.autoencoder, latent: 6, encoder: [8, 8], hidden: 32, decoder: [8, 8, 4], steps: 60 },
  generator: { hidden: 32, blocks: 1, condition: 16, styles: { count: 2, size: 4 } },
  latentStage: { samples: 16, groups: 10, steps: 30, lr: 1e-3, emaDecay: 0.9 },
  jointStage: { samples: 16, groups: 10, steps: 5, lr: 5e-4, emaDecay: 0.9 },
};
const folder = mkdtempSync(join(tmpdir(), "drifting-frechet-"));
const posted: DriftingSettings = {
  ...start,
  from: join(folder, "start"),
  features: { task: "mae", width: 8, blocks: [1, 1], stemStride: 2, batch: 16, steps: 3, lr: 2e-3 },
  frechetStage: { samples: 16, steps: 24, lr: 2e-3, decay: 0.9, meanDecay: 0.5, emaDecay: 0.5 },
};
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };
const rows = (run: string): Record<string, number>[] =>
  readFileSync(join(folder, run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const weights = (run: string) => readFileSync(join(folder, run, "model", "model.safetensors"));

beforeAll(async () => {
  await trainDrifting(shapes(), start, { out: join(folder, "start"), ...quiet });
  await trainDrifting(shapes(), posted, { out: join(folder, "posted"), ...quiet });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a finished model is trained on, and its distance falls in every family", () => {
  const stages = rows("posted").map(({ stage }) => String(stage));
  expect([...new Set(stages)]).toEqual(["mae", "frechet"]);
  const steps = rows("posted").filter(({ stage }) => String(stage) === "frechet");
  const left = (family: string) => steps[steps.length - 1][family] / steps[0][family];
  expect(left("frechet-pool")).toBeLessThan(0.6);
  expect(left("frechet-stage1")).toBeLessThan(0.9);
  expect(left("frechet-pixels")).toBeLessThan(0.98);
  expect(weights("posted").equals(weights("start"))).toBe(false);
});

test("data of other classes are no data to go on with", async () => {
  const others = { ...shapes(), classNames: shapes().classNames!.map((name) => `no ${name}`) };
  const out = join(folder, "others");
  await expect(trainDrifting(others, posted, { out, ...quiet })).rejects.toThrow(
    /has other classes \(.*\) than these data \(no /,
  );
  expect(existsSync(out)).toBe(false);
});

test("stopped in the middle it goes on to the same bits", async () => {
  for (let stops = 0, steps = 0; ; stops++, steps = 0) {
    const stop = new AbortController();
    const onProgress: TrainOptions["onProgress"] = ({ type }) => {
      if (type === "step" && ++steps === 11) stop.abort();
    };
    const options = { ...quiet, out: join(folder, "stopped"), resume: stops > 0, signal: stop.signal, onProgress };
    if ((await trainDrifting(shapes(), posted, options)).status === "finished") break;
    expect(stops).toBeLessThan(5);
  }
  expect(weights("stopped").equals(weights("posted"))).toBe(true);
});

test("a model to begin with needs post-training, and its own shape", async () => {
  const none = { ...posted, frechetStage: { ...posted.frechetStage, steps: 0 } };
  const options = { out: join(folder, "refused"), ...quiet };
  await expect(trainDrifting(shapes(), none, options)).rejects.toThrow("only frechetStage trains it on");
  const wider = { ...posted, generator: { ...posted.generator, hidden: 48 } };
  await expect(trainDrifting(shapes(), wider, options)).rejects.toThrow("has another shape");
});
