import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "../../src/io/float16.js";
import { decodeSafetensors } from "../../src/io/safetensors.js";
import { presets as classifierPresets } from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import { presets as judgePresets } from "../../src/judges/language-model/settings.js";
import { trainLanguageModel } from "../../src/judges/language-model/train.js";
import { presets as discretePresets } from "../../src/methods/discrete/settings.js";
import { trainDiscrete } from "../../src/methods/discrete/train.js";
import { presets as driftingPresets } from "../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../src/methods/drifting/train.js";
import { type FlowSettings, presets as flowPresets, trainFlow } from "../../src/methods/flow/index.js";
import { presets as spherePresets, trainSphere } from "../../src/methods/sphere/index.js";
import { parameter } from "../../src/nn/index.js";
import type * as optim from "../../src/optim/index.js";
import { generatorTraining } from "../../src/recipes/schedule.js";
import { Parameters } from "../../src/runtime/index.js";
import type { TrainOptions } from "../../src/train/index.js";
import { gradientStage, phase, type Stage } from "../../src/train/index.js";
import { chain } from "./chain.js";
import { shapes } from "./pictures.js";

const folder = mkdtempSync(join(tmpdir(), "average-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A stage's state after one of its steps: vectors in one layout, and where each parameter lies. */
interface Snapshot {
  parameters: Float32Array;
  average: Float32Array;
  entries: { name: string; at: number; size: number }[];
  tensors: ReturnType<typeof decodeSafetensors>["tensors"];
}

/** Trains with a checkpoint after every step; the states by stage, and the model's weights. */
async function watch(name: string, train: (options: TrainOptions) => Promise<unknown>) {
  const stages: Record<string, Snapshot[]> = {};
  const out = join(folder, name);
  await train({
    out,
    threads: 1,
    sampleEvery: 0,
    checkpointEvery: 1,
    onProgress(event) {
      if (event.type !== "checkpoint") return;
      const { tensors, metadata } = decodeSafetensors(readFileSync(event.path));
      const { position, tree } = JSON.parse(metadata.checkpoint);
      if (!tensors["ema/vectors/average"]) return;
      let at = 0;
      const entries = Object.keys(tree.parameters).map((name) => {
        const size = tensors[`parameters/${name}`].data.length;
        return { name, at: (at += size) - size, size };
      });
      const parameters = new Float32Array(at);
      for (const { name, at } of entries) parameters.set(tensors[`parameters/${name}`].data as Float32Array, at);
      const average = tensors["ema/vectors/average"].data as Float32Array;
      (stages[position.stage] ??= []).push({ parameters, average, entries, tensors });
    },
  });
  const model = decodeSafetensors(readFileSync(join(out, "model", "model.safetensors"))).tensors;
  return { stages, model };
}

/** The average follows the parameters, d = min(decay, (1 + k)/(10 + k)) at its k-th update. */
function follows(states: Snapshot[], decay: number): void {
  for (let k = 1; k < states.length; k++) {
    const d = Math.min(decay, (1 + k) / (10 + k));
    const [before, now] = [states[k - 1], states[k]];
    let off = 0;
    for (const [i, value] of now.average.entries())
      off = Math.max(off, Math.abs(value - (d * before.average[i] + (1 - d) * now.parameters[i])));
    expect(off, `update ${k}`).toBeLessThan(1e-6);
    expect(now.average).not.toEqual(before.average);
  }
}

const half = (values: Float32Array) => fromFloat16(toFloat16(values));

/**
 * The model's weights are the average of the stage's last step, rounded to half precision, to the bit; and not its
 * parameters.
 */
function keepsAverage(model: Snapshot["tensors"], { entries, average, parameters }: Snapshot, prefix = ""): void {
  let others = 0;
  for (const { name, at, size } of entries) {
    const saved = model[`${prefix}${name}`].data as Float32Array;
    const wanted = half(average.subarray(at, at + size));
    const own = half(parameters.subarray(at, at + size));
    expect(saved.length, name).toBe(size);
    for (let i = 0; i < size; i++) {
      if (saved[i] !== wanted[i]) expect.fail(`${name}[${i}] is ${saved[i]}, its average ${wanted[i]}`);
      if (own[i] !== wanted[i]) others++;
    }
  }
  expect(others).toBeGreaterThan(0);
}

const features = {
  task: "classifier" as const,
  width: 4,
  blocks: [1],
  stemStride: 2 as const,
  batch: 8,
  steps: 1,
  lr: 2e-3,
};
const autoencoder: FlowSettings["autoencoder"] = {
  latent: 4,
  encoder: [4, 4],
  hidden: 8,
  decoder: [4, 4, 4],
  batch: 8,
  steps: 2,
  warmSteps: 1,
  perceptual: 0.1,
  latentNoise: 0.05,
  lr: 2e-3,
};
const generator = { hidden: 16, blocks: 1, condition: 8 };
const schedule = { steps: 4, lr: 0.02, emaDecay: 0.25 };
/** Too small to change a number. */
const NOTHING = 1e-300;

test("drifting: of both stages", async () => {
  const config = {
    ...driftingPresets.tiny,
    features,
    autoencoder,
    generator: { ...generator, styles: { count: 1, size: 2 } },
    latentStage: { samples: 4, groups: 10, ...schedule },
    jointStage: { samples: 4, groups: 10, ...schedule },
  };
  const { stages, model } = await watch("drifting", (options) => trainDrifting(shapes(), config, options));
  for (const stage of ["latent", "joint"]) {
    expect(stages[stage].length).toBe(4);
    follows(stages[stage], 0.25);
  }
  keepsAverage(model, stages.joint[3]);
  const still = { ...config, jointStage: { ...config.jointStage, lr: NOTHING } };
  const latent = await watch("latent", (options) => trainDrifting(shapes(), still, options));
  keepsAverage(latent.model, latent.stages.latent[3], "generator.");
});

test("flow: of the velocity, and of the decoder tuned on it", async () => {
  const config: FlowSettings = {
    ...flowPresets["tiny-joint"],
    features,
    autoencoder,
    generator,
    flow: { batch: 8, labelDropout: 0.1, ...schedule },
    jointStage: { samples: 4, groups: 10, samplerSteps: 2, ...schedule },
  };
  const joint = await watch("flow", (options) => trainFlow(shapes(), config, options));
  for (const stage of ["flow", "decoder"]) follows(joint.stages[stage], 0.25);
  keepsAverage(joint.model, joint.stages.flow[3], "velocity.");
  keepsAverage(joint.model, joint.stages.decoder[3], "toImages.");
  const pixel = await watch("pixel", (options) => trainFlow(shapes(), { ...config, space: "pixel" }, options));
  keepsAverage(pixel.model, pixel.stages.flow[3], "velocity.");
});

test("sphere", async () => {
  const config = {
    ...spherePresets.tiny,
    perceptual: "none" as const,
    network: {
      kind: "conv" as const,
      latent: 8,
      encoder: [4, 4] as [number, number],
      hidden: 16,
      decoder: [4, 4, 4] as [number, number, number],
      trunk: 16,
      encoderBlocks: 1,
      decoderBlocks: 1,
      condition: 8,
    },
    training: { ...spherePresets.tiny.training, batch: 8, warmup: 1, ...schedule },
  };
  const { stages, model } = await watch("sphere", (options) => trainSphere(shapes(), config, options));
  follows(stages.sphere, 0.25);
  keepsAverage(model, stages.sphere[3]);
});

test("discrete diffusion, and its distillation, whose first teacher is the average", async () => {
  const config = {
    ...discretePresets.tiny,
    length: 8,
    network: { kind: "transformer" as const, width: 16, heads: 2, blocks: 1, condition: 16, tied: false },
    training: { ...discretePresets.tiny.training, batch: 4, ...schedule },
    distillation: { rounds: 0, steps: 2, delta: 1 / 8, lr: 0.02 },
  };
  const plain = await watch("discrete", (options) => trainDiscrete(chain, config, options));
  follows(plain.stages.discrete, 0.25);
  keepsAverage(plain.model, plain.stages.discrete[3]);
  const distilled = { ...config, distillation: { ...config.distillation, rounds: 2 } };
  const { stages, model } = await watch("distilled", (options) => trainDiscrete(chain, distilled, options));
  follows(stages.distillation, 0.25);
  keepsAverage(model, stages.distillation[3]);
  const { average } = stages.discrete[3];
  for (const { name, at, size } of stages.discrete[3].entries)
    expect(stages.distillation[0].tensors[`teacher/${name}`].data, name).toEqual(average.slice(at, at + size));
});

test("language model", async () => {
  const config = { ...judgePresets.tiny, length: 8, width: 16, heads: 2, blocks: 1, batch: 4, steps: 4, lr: 0.02 };
  const { stages, model } = await watch("judge", (options) => trainLanguageModel(chain, config, options));
  follows(stages["language-model"], 0.995);
  keepsAverage(model, stages["language-model"][3]);
});

test("classifier", async () => {
  const widths: [number, number, number] = [4, 4, 4];
  const config = { ...classifierPresets.tiny, widths, features: 4, batch: 8, steps: 4, lr: 0.02 };
  const { stages, model } = await watch("classifier", (options) => trainClassifier(shapes(), config, options));
  follows(stages.classifier, 0.995);
  keepsAverage(model, stages.classifier[3]);
});

/** A stage whose k-th gradient is given: the loss is the product of values and gradient. */
function pulled(start: number[], gradients: number[][], sample?: Stage["sample"]) {
  const value = parameter([3], (out) => out.set(start));
  const parameters = new Parameters([["value", value]]);
  parameters.initialize(0);
  const stage = gradientStage({
    name: "pulled",
    batch: 1,
    parameters,
    ...generatorTraining({ lr: 0.1, steps: 10, emaDecay: 0.5 }),
    phases: [phase({ inputs: { g: [3] }, loss: ({ g }) => value.mul(g).sum(), next: (k) => ({ g: gradients[k] }) })],
    state: {},
    sample,
    threads: 1,
  });
  return { parameters, stage };
}

test("pictures are drawn with the average, and training goes on with the parameters", async () => {
  const seen: number[][] = [];
  const { parameters, stage } = pulled(
    [1, -2, 4],
    [
      [1, -1, 0.5],
      [1, -1, 0.5],
    ],
    async () => {
      seen.push([...parameters.flat]);
      return { texts: [] };
    },
  );
  await stage.step(0);
  await stage.step(1);
  const [own, average] = [[...parameters.flat], [...(stage.state.ema as optim.Ema).average]];
  await stage.sample!();
  expect(seen).toEqual([average]);
  expect(own).not.toEqual(average);
  expect([...parameters.flat]).toEqual(own);
  await stage.finish!();
  expect([...parameters.flat]).toEqual(average);
});

test("generators are trained by AdamW with β 0.9 and 0.95, no decay of weights, and gradients clipped at a norm of 2", async () => {
  const start = [1, -2, 4];
  // Ten steps: one of warm-up, the full rate to the fourth, then down by a line to a fiftieth
  const gradients = [
    [3, -4, 0.5],
    [0.1, 0.2, -0.3],
    [-1, 0, 30],
    [1, 1, 1],
    [0.5, -0.5, 2],
    [0, 0, 1],
  ];
  const { parameters, stage } = pulled(start, gradients);
  const [x, m, v] = [[...start], [0, 0, 0], [0, 0, 0]];
  for (const [k, gradient] of gradients.entries()) {
    const norm = Math.hypot(...gradient);
    expect((await stage.step(k)).norm).toBeCloseTo(norm, 5);
    const rate = k < 4 ? 0.1 : 0.1 + ((0.002 - 0.1) * (k - 4)) / 6;
    for (const [i, raw] of gradient.entries()) {
      const g = raw * Math.min(1, 2 / (norm + 1e-6));
      m[i] = 0.9 * m[i] + 0.1 * g;
      v[i] = 0.95 * v[i] + 0.05 * g * g;
      x[i] -= (rate * (m[i] / (1 - 0.9 ** (k + 1)))) / (Math.sqrt(v[i] / (1 - 0.95 ** (k + 1))) + 1e-8);
      expect(parameters.flat[i], `step ${k}, number ${i}`).toBeCloseTo(x[i], 5);
    }
  }
});
