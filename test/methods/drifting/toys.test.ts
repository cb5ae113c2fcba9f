import { describe, expect, test } from "vitest";
import { driftField } from "../../../src/methods/drifting/index.js";
import { algorithm2, runToy, type ToyResult } from "../../../src/methods/drifting/toy.js";
import { energyDistance, features } from "../../../src/metrics/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";

const value = (result: ToyResult, name: string) => result.metrics.find((m) => m.name.startsWith(name))!.value;

describe("21. toys, 1,500 steps of batch 256", () => {
  test.each([
    ["gaussians-8", 0.08, 0.02],
    ["swiss-roll", 0.05, 0.008],
    ["checkerboard", 0.07, 0.008],
  ] as const)("%s: sliced W1 at most %f, energy distance at most %f", async (name, w1, energy) => {
    const result = await runToy(name);
    expect(value(result, "Sliced Wasserstein-1")).toBeLessThanOrEqual(w1);
    expect(value(result, "Energy distance")).toBeLessThanOrEqual(energy);
    if (result.modes) expect(result.modes.modes).toBe(8);
  });

  test("Algorithm 2 with T = 0.2 reaches all eight modes", async () => {
    const result = await runToy("gaussians-8", { field: algorithm2(0.2) });
    expect(value(result, "Sliced Wasserstein-1")).toBeLessThan(0.11);
    expect(result.modes!.modes).toBe(8);
  });

  test("each field, and each temperature, trains another generator", async () => {
    const points = [];
    for (const field of [undefined, algorithm2(0.2), algorithm2(1)])
      points.push(String((await runToy("gaussians-8", { field, steps: 2, batch: 16, samples: 10 })).points));
    expect(new Set(points).size).toBe(3);
  });

  test("17. attraction alone collapses onto one mode", async () => {
    const attraction = (x: Tensor, p: Tensor) => {
      const weights = x
        .cdist(p)
        .mul(-1 / 0.2)
        .softmax(2);
      return weights.matmul(p).sub(x).stopGradient();
    };
    const { modes } = await runToy("gaussians-8", { field: attraction });
    expect(Math.max(...modes!.shares)).toBeGreaterThan(0.99);
  });
});

describe("21. particle flow without a network", () => {
  const target = (random: Random, n: number) =>
    Float32Array.from(
      { length: 2 * n },
      (_, i) => 0.15 * random.normal() + (i % 2 === 0 ? (random.uniform() < 0.5 ? -1 : 1) : 0),
    );
  const starts: Record<string, (random: Random) => [number, number]> = {
    middle: (r) => [0.1 * r.normal(), 0.1 * r.normal()],
    far: (r) => [0.1 * r.normal(), 4 + 0.1 * r.normal()],
    collapsed: (r) => [-1 + 0.02 * r.normal(), 0.02 * r.normal()],
  };
  async function flow(start: string, temperature: number, steps: number): Promise<number> {
    const random = new Random(42, start);
    let x: Float32Array = new Float32Array(256);
    for (let i = 0; i < 128; i++) x.set(starts[start](random), 2 * i);
    const program = compile(
      { x: [1, 128, 2], data: [1, 128, 2] },
      ({ x, data }) => ({ next: x.add(driftField(x, data, x, { temperature, selfMask: true })) }),
      { threads: 1 },
    );
    for (let k = 0; k < steps; k++) x = (await program.run({ x, data: target(random, 128) })).next;
    await program.release();
    return energyDistance(features(x, 2), features(target(random, 4000), 2));
  }
  test.each(["middle", "far", "collapsed"])("T = 1 arrives from the %s start within 100 steps", async (start) => {
    expect(await flow(start, 1, 100)).toBeLessThan(0.01);
  });
  test("T = 0.05 never leaves the far start", async () => {
    expect(await flow("far", 0.05, 100)).toBeGreaterThan(6);
  });
});
