import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadSafetensors } from "../../../src/io/index.js";
import { type DriftingSettings, presets as driftingPresets } from "../../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../../src/methods/drifting/train.js";
import {
  type FlowSettings,
  fitToSeconds,
  flowStepsWithin,
  presets,
  trainFlow,
} from "../../../src/methods/flow/index.js";
import { loadModel } from "../../../src/methods/load.js";
import { shapes } from "../pictures.js";

const features = {
  task: "classifier" as const,
  width: 8,
  blocks: [1, 1],
  stemStride: 2 as const,
  batch: 16,
  steps: 3,
  lr: 2e-3,
};
const autoencoder: FlowSettings["autoencoder"] = {
  latent: 6,
  encoder: [8, 8],
  hidden: 32,
  decoder: [8, 8, 4],
  batch: 16,
  steps: 4,
  warmSteps: 2,
  perceptual: 0.1,
  latentNoise: 0.05,
  lr: 2e-3,
};
const drifting: DriftingSettings = {
  ...driftingPresets.tiny,
  features,
  autoencoder,
  generator: { hidden: 32, blocks: 1, condition: 16, styles: { count: 0, size: 1 } },
  latentStage: { samples: 8, groups: 10, steps: 2, lr: 1e-3, emaDecay: 0.9 },
  jointStage: { samples: 8, groups: 10, steps: 2, lr: 5e-4, emaDecay: 0.9 },
  guidance: null,
};
const folder = mkdtempSync(join(tmpdir(), "flow-reuse-"));
const from = join(folder, "drifting");
const micro: FlowSettings = {
  ...presets["tiny-latent"],
  autoencoderFrom: from,
  features,
  autoencoder,
  generator: { hidden: 32, blocks: 1, condition: 16 },
  flow: { batch: 16, steps: 4, lr: 1e-3, emaDecay: 0.9, labelDropout: 0.1 },
  jointStage: { samples: 8, groups: 10, steps: 2, lr: 5e-4, emaDecay: 0.9, samplerSteps: 2 },
};
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };
const bytes = (run: string) => readFileSync(join(folder, run, "model", "model.safetensors"));

beforeAll(async () => {
  await trainDrifting(shapes(), drifting, { out: from, ...quiet });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a latent flow takes the autoencoder of a drifting run, as it was before the joint stage", async () => {
  await trainFlow(shapes(), micro, { out: join(folder, "latent"), ...quiet });
  const { tensors } = await loadSafetensors(join(from, "checkpoints", "stage-autoencoder.safetensors"));
  const own = await loadSafetensors(join(folder, "latent", "checkpoints", "stage-autoencoder.safetensors"));
  expect(Object.keys(own.tensors).sort()).toEqual(
    Object.keys(tensors)
      .filter((name) => name.startsWith("parameters/"))
      .sort(),
  );
  for (const [name, { data }] of Object.entries(own.tensors)) expect(data, name).toEqual(tensors[name].data);
  const model = await loadModel(join(folder, "latent"));
  const network = { classes: 2, ...micro.generator };
  expect(model.config.network).toMatchObject(network);
  const saved = await loadSafetensors(join(folder, "latent", "model", "model.safetensors"));
  const decoder = saved.tensors["toImages.decode.conv1.weight"].data;
  const wanted = tensors["parameters/decode.conv1.weight"].data;
  const differences = [...decoder].map((value, i) => Math.abs(Number(value) - Number(wanted[i])));
  expect(Math.max(...differences)).toBeLessThan(1e-3); // kept as float16
  await model.release();
});

test("stopped before its first step, it copies the weights when resumed", async () => {
  const run = { out: join(folder, "early"), ...quiet };
  const { status } = await trainFlow(shapes(), micro, { ...run, signal: AbortSignal.abort() });
  expect(status).toBe("interrupted");
  await trainFlow(shapes(), micro, { ...run, resume: true });
  expect(bytes("early").equals(bytes("latent"))).toBe(true);
});

test("stopped anywhere and resumed, a joint flow that reuses an autoencoder ends with the same bits, its source gone", async () => {
  const source = join(folder, "source");
  cpSync(from, source, { recursive: true });
  const config: FlowSettings = { ...micro, space: "joint", autoencoderFrom: source };
  await trainFlow(shapes(), config, { out: join(folder, "whole"), ...quiet });
  for (let run = 0; ; run++) {
    const controller = new AbortController();
    let steps = 0;
    const { status } = await trainFlow(shapes(), config, {
      ...quiet,
      out: join(folder, "stopped"),
      resume: run > 0,
      signal: controller.signal,
      onProgress: (event) => {
        if (event.type === "step" && ++steps === 3) controller.abort();
      },
    });
    if (run === 0) rmSync(source, { recursive: true });
    if (status === "finished") break;
    expect(run).toBeLessThan(6);
  }
  expect(bytes("stopped").equals(bytes("whole"))).toBe(true);
});

test("says why a run cannot be reused, before anything is written", async () => {
  const out = join(folder, "refused");
  const train = (change: Partial<FlowSettings>, dataset = shapes()) =>
    trainFlow(dataset, { ...micro, ...change }, { out, ...quiet });
  await expect(train({ autoencoderFrom: join(folder, "nowhere") })).rejects.toThrow(/There is no run in .*nowhere/);
  await expect(train({}, { ...shapes(), id: "others" })).rejects.toThrow(/trained on shapes, this one is on others/);
  await expect(train({ autoencoder: { ...autoencoder, latent: 5 } })).rejects.toThrow(
    /stage "autoencoder" of .* has another network .*same settings/,
  );
  await expect(train({ features: { ...features, task: "mae" } })).rejects.toThrow(/has no finished stage "mae"/);
  expect(() => readFileSync(join(out, "config.json"))).toThrow(/ENOENT/);
});

test("the steps fill the time that the other stages leave", () => {
  const times = {
    stepSeconds: { features: 0.1, warm: 0.2, autoencoder: 0.5, flow: 0.25, decoder: 1 },
    overhead: 3,
  };
  // 3 + 3·0.1 + 2·0.2 + 2·0.5 + 2·1 = 6.7 s beside the flow
  expect(flowStepsWithin(20, times, { ...micro, autoencoderFrom: null })).toBe(53);
  expect(flowStepsWithin(20, { stepSeconds: { flow: 0.25 }, overhead: 0 }, micro)).toBe(80);
  expect(() => flowStepsWithin(6.8, times, micro)).toThrow(
    /6.8 s are too few: everything but the flow takes about 6.70 s/,
  );
});

test("settings are fitted to a training time by a short run", async () => {
  const config: FlowSettings = { ...micro, space: "joint" };
  const { flow, ...rest } = await fitToSeconds(shapes(), config, 1e5, { threads: 1 });
  expect(rest).toEqual((({ flow: _, ...others }) => others)(config));
  expect(flow.steps).toBeGreaterThan(1000);
  expect(flow).toEqual({ ...config.flow, steps: flow.steps });
  await expect(fitToSeconds(shapes(), config, 0)).rejects.toThrow(/seconds must be a positive number, got 0/);
});

test("every preset has its space and its batch", () => {
  for (const [name, { space, flow, autoencoderFrom }] of Object.entries(presets)) {
    expect(space).toBe(/^(tiny|small)-(.*)/.exec(name)?.[2] ?? "pixel");
    expect(flow.batch).toBe(space === "pixel" ? 256 : 512);
    expect(autoencoderFrom).toBeNull();
  }
});
