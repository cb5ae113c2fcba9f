import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { toy } from "../../../src/data/index.js";
import {
  evaluations,
  type FlowSettings,
  flowLoss,
  integrate,
  presets,
  type SolverName,
  trainFlow,
} from "../../../src/methods/flow/index.js";
import { loadModel } from "../../../src/methods/load.js";
import { energyDistance, features } from "../../../src/metrics/index.js";
import * as nn from "../../../src/nn/index.js";
import * as optim from "../../../src/optim/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { concat, constant, grad, type Tensor } from "../../../src/tensor/index.js";
import { colours, meanColours, shapes } from "../pictures.js";

describe("integration", () => {
  /**
   * Straight-line flow from N(0, 1) to N(3, 0.5²): x_t has deviation s(t), and v = 3 + (ds/dt / s)(x − 3t) with s² = (1
   * − t)² + t²/4.
   */
  const velocity = async (x: Float32Array, t: number) => {
    const s2 = (1 - t) ** 2 + 0.25 * t * t;
    const rate = (-(1 - t) + 0.25 * t) / s2;
    return x.map((v) => 3 + rate * (v - 3 * t));
  };
  const start = Float32Array.of(-1.5, -0.4, 0.2, 1.7);
  const error = async (steps: number, solver: SolverName) => {
    const end = await integrate(velocity, start, steps, solver);
    return Math.max(...end.map((v, i) => Math.abs(v - (3 + 0.5 * start[i]))));
  };

  test("Euler's error falls like 1/n, Heun's like 1/n²", async () => {
    const order = async (solver: SolverName) => Math.log2((await error(16, solver)) / (await error(64, solver))) / 2;
    expect(await order("euler")).toBeGreaterThan(0.8);
    expect(await order("euler")).toBeLessThan(1.3);
    expect(await order("heun")).toBeGreaterThan(1.5);
  });

  test("counts its evaluations", async () => {
    for (const solver of ["euler", "heun"] as const) {
      let calls = 0;
      await integrate(
        async (x) => {
          calls++;
          return x;
        },
        start,
        5,
        solver,
      );
      expect(calls).toBe(evaluations(5, solver));
    }
    expect(evaluations(5, "heun")).toBe(9);
  });
});

test("the loss regresses the velocity onto data − noise at (1 − t)·noise + t·data", async () => {
  const program = compile({}, () => {
    const seen = (state: Tensor) => state.mul(2);
    const rows = (v: number[]) => constant(v, [2, 2]);
    return {
      loss: flowLoss(
        seen,
        rows([1, 2, 3, 4]),
        rows([0, 1, -1, 2]),
        constant([0.25, 0.5], [2]),
        constant([0, 0], [2], "int32"),
      ),
    };
  });
  const { loss } = await program.run({});
  // states: (.25, 1.25), (1, 3); twice that minus targets (1, 1), (4, 2): (−.5, 1.5), (−2, 4)
  expect(loss[0]).toBeCloseTo((0.25 + 2.25 + 4 + 16) / 4, 6);
  await program.release();
});

test("many steps beat one on eight Gaussians", async () => {
  const net = nn.mlp([3, 96, 96, 96, 2]);
  const parameters = nn.initialize(net, 3);
  const velocity = (state: Tensor, time: Tensor) => net(concat([state, time.unsqueeze(1)], 1));
  const B = 256;
  const step = compile(
    { data: [B, 2], noise: [B, 2], time: [B] },
    ({ data, noise, time }) => {
      const loss = flowLoss(velocity, data, noise, time, constant(new Int32Array(B), [B], "int32"));
      return { loss, gradients: grad(loss, parameters) };
    },
    { threads: 1 },
  );
  const adam = optim.adam(parameters, { lr: 2e-3 });
  const random = new Random(8);
  for (let k = 0; k < 1200; k++) {
    const { gradients } = await step.run({
      data: toy("gaussians-8")(random, B),
      noise: random.normals(2 * B),
      time: Float32Array.from({ length: B }, () => random.uniform()),
    });
    adam.update(gradients);
  }
  const N = 1000;
  const at = compile({ state: [N, 2], time: [N] }, ({ state, time }) => ({ v: velocity(state, time) }), { threads: 1 });
  const noise = random.normals(2 * N);
  const real = features(toy("gaussians-8")(random, N), 2);
  const distance = async (steps: number) =>
    energyDistance(
      features(
        await integrate(
          async (state, t) => (await at.run({ state, time: new Float32Array(N).fill(t) })).v,
          noise,
          steps,
        ),
        2,
      ),
      real,
    );
  const [one, many] = [await distance(1), await distance(32)];
  expect(many).toBeLessThan(0.03);
  expect(one).toBeGreaterThan(3 * many);
});

describe("a flow model", () => {
  const folder = mkdtempSync(join(tmpdir(), "flow-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const micro: FlowSettings = {
    ...presets.tiny,
    features: { task: "classifier", width: 8, blocks: [1, 1], stemStride: 2, batch: 16, steps: 2, lr: 2e-3 },
    autoencoder: {
      latent: 6,
      encoder: [8, 8],
      hidden: 32,
      decoder: [8, 8, 4],
      batch: 16,
      steps: 3,
      warmSteps: 1,
      perceptual: 0.1,
      latentNoise: 0.05,
      lr: 2e-3,
    },
    generator: { hidden: 32, blocks: 1, condition: 16 },
    flow: { batch: 16, steps: 4, lr: 1e-3, emaDecay: 0.9, labelDropout: 0.1 },
    jointStage: { samples: 8, groups: 10, steps: 2, lr: 5e-4, emaDecay: 0.9, samplerSteps: 2 },
  };

  test.each(["pixel", "latent", "joint"] as const)("in %s space pictures of a class have its colour", async (space) => {
    const out = join(folder, `colours-${space}`);
    const config: FlowSettings = {
      ...micro,
      space,
      features: { ...micro.features, width: 4, blocks: [1], steps: 40 },
      autoencoder: { ...micro.autoencoder, latent: 4, batch: 32, steps: 200, warmSteps: 100, lr: 5e-3 },
      flow: { batch: 32, steps: space === "pixel" ? 60 : 400, lr: 5e-3, emaDecay: 0.9, labelDropout: 0.1 },
      jointStage: { ...micro.jointStage, steps: 10 },
    };
    await trainFlow(colours(), config, { out, threads: 1, sampleEvery: 0, onProgress: () => {} });
    const model = await loadModel(out, { kind: "image" });
    for (const [k, label] of ["red", "green", "blue"].entries()) {
      const means = meanColours(await model.sample({ count: 16, label, steps: 8, seed: 4 }));
      for (const [i, mean] of means.entries())
        expect(mean.indexOf(Math.max(...mean)), `${label}, image ${i}: ${mean}`).toBe(k);
    }
    await model.release();
  });

  test.each(["pixel", "joint"] as const)("trains in %s space and draws", async (space) => {
    const out = join(folder, space);
    await trainFlow(shapes(), { ...micro, space }, { out, threads: 1, sampleEvery: 0, onProgress: () => {} });
    const stages = new Set(
      readFileSync(join(out, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).stage),
    );
    expect(stages).toEqual(new Set(space === "pixel" ? ["flow"] : ["features", "autoencoder", "flow", "decoder"]));
    const model = await loadModel(out, { kind: "image" });
    const [a, b, c] = [
      await model.sample({ count: 2, steps: 3, seed: 1 }),
      await model.sample({ count: 2, steps: 3, seed: 1 }),
      await model.sample({ count: 2, steps: 4, seed: 1 }),
    ];
    expect(a.shape).toEqual([2, 1, 16, 16]);
    expect(a.pixels).toEqual(b.pixels);
    expect(a.pixels).not.toEqual(c.pixels);
    expect(model.cost({ steps: 3 })).toBe(3);
    expect(model.cost({ steps: 3, guidance: 2 })).toBe(6);
    expect((await model.sample({ count: 2, steps: 3, seed: 1, guidance: 2 })).pixels).not.toEqual(a.pixels);
    for (const [options, message] of [
      [{ steps: 0 }, /steps must be a whole number in \[1, 1000\], got 0/],
      [{ guidance: -1 }, /guidance must be a number in \[0, 10\], got -1/],
      [{ sampler: "rk4" }, /sampler must be one of euler, heun, got "rk4"/],
      [{ label: "ring" }, /no class "ring"/],
    ] as const)
      await expect(model.sample(options)).rejects.toThrow(message);
    await expect(model.sample({}, { noise: new Float32Array(3) })).rejects.toThrow(/numbers, got 3/);
    await model.release();
  });
});
