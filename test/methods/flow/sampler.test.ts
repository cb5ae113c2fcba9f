import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { FlowModel, type FlowShape, flowNetwork } from "../../../src/methods/flow/index.js";
import { flowArchitecture } from "../../../src/methods/flow/network.js";
import { drawTimes, flowLoss } from "../../../src/methods/flow/objective.js";
import { loadedNetwork } from "../../../src/models/architecture.js";
import type { ModelFiles } from "../../../src/models/files.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";

const golden = JSON.parse(readFileSync(new URL("../../goldens/flow/flow.json", import.meta.url), "utf8"));

const autoencoder = {
  height: 8,
  width: 8,
  channels: 1,
  latent: golden.config.latent as number,
  encoder: [4, 4],
  hidden: 16,
  decoder: [4, 4, 4],
} as const;
const { latent: _, ...body } = golden.config;
const shape = (space: "pixel" | "latent", classes = 2): FlowShape => ({
  ...body,
  space,
  classes,
  autoencoder,
});

/** A flow of golden or initial weights. */
function files(network: FlowShape, weights: ModelFiles["weights"] = {}): ModelFiles {
  const classNames = network.classes === 0 ? null : ["disc", "cross"];
  return {
    config: {
      format: 1,
      method: "flow",
      name: "untrained",
      image: { height: 8, width: 8, channels: 1 },
      classNames,
      network,
      training: {},
    },
    weights: { ...nn.initialize(flowNetwork(network), 5).toRecord(), ...weights },
  };
}
const models: FlowModel[] = [];
const model = (...args: FileArguments) => {
  const { config, shape, net } = loadedNetwork(flowArchitecture, files(...args));
  const made = new FlowModel(config, shape, net, { threads: 1 });
  models.push(made);
  return made;
};
type FileArguments = [network: FlowShape, weights?: ModelFiles["weights"]];
afterAll(async () => {
  for (const made of models) await made.release();
});

const close = (actual: ArrayLike<number>, expected: number[], tolerance = 1e-4) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries())
    expect(Math.abs(actual[i] - value), `entry ${i}`).toBeLessThan(tolerance);
};

test("velocity and loss agree with NumPy", async () => {
  const { velocity } = flowNetwork(shape("latent"));
  nn.load(velocity, golden.weights);
  const [n, latent] = [golden.time.length, golden.config.latent];
  const program = compile(
    { data: [n, latent], noise: [n, latent], time: [n], labels: { shape: [n], dtype: "int32" } },
    ({ data, noise, time, labels }) => {
      const t = time.unsqueeze(1);
      const state = noise.add(data.sub(noise).mul(t));
      return { velocity: velocity(state, time, labels), loss: flowLoss(velocity, data, noise, time, labels) };
    },
    { threads: 1 },
  );
  const out = await program.run({
    data: Float32Array.from(golden.data),
    noise: Float32Array.from(golden.noise),
    time: Float32Array.from(golden.time),
    labels: Int32Array.from(golden.labels),
  });
  close(out.velocity, golden.velocity);
  close(out.loss, [golden.loss]);
  await program.release();
});

test.each([
  ["euler", { steps: 4 }],
  ["eulerGuided", { steps: 4, guidance: 2.5 }],
  ["heunGuided", { steps: 4, guidance: 2.5, sampler: "heun" }],
] as const)("draws as NumPy does: %s", async (name, options) => {
  const weights = Object.fromEntries(
    Object.entries(golden.weights as ModelFiles["weights"]).map(([key, w]) => [`velocity.${key}`, w]),
  );
  const network = shape("latent");
  const drawn = await model(network, weights).sample(
    { count: golden.classes.length, label: golden.classes, ...options },
    { noise: Float32Array.from(golden.noise) },
  );
  const net = flowNetwork(network);
  nn.load(net, files(network, weights).weights);
  const decode = compile(
    { z: [golden.classes.length, network.autoencoder.latent] },
    ({ z }) => ({ images: net.toImages!(z).clamp(-1, 1) }),
    { threads: 1 },
  );
  close(drawn.pixels, [...(await decode.run({ z: Float32Array.from(golden[name]) })).images]);
  await decode.release();
});

describe("guidance", () => {
  test("0 forgets the class, and one Euler step is linear in it", async () => {
    const flow = model(shape("pixel"));
    const noise = new Float32Array(64);
    const draw = async (label: string, guidance: number) =>
      (await flow.sample({ count: 1, label, steps: 1, guidance }, { noise })).pixels;
    const [none, one, two] = [await draw("disc", 0), await draw("disc", 1), await draw("disc", 2)];
    expect(Math.max(...two.map(Math.abs))).toBeLessThan(1); // nothing was clamped
    close(
      two,
      [...none].map((v, i) => v + 2 * (one[i] - v)),
      1e-5,
    );
    close(await draw("cross", 0), [...none], 1e-6);
    expect(Math.max(...one.map((v, i) => Math.abs(v - none[i])))).toBeGreaterThan(1e-3);
  });

  test("needs classes", async () => {
    const flow = model(shape("pixel", 0));
    await expect(flow.sample({ guidance: 2 })).rejects.toThrow(
      /untrained takes no "guidance"; it takes count, steps, sampler, seed/,
    );
    expect((await flow.sample({ count: 2, steps: 2 })).labels).toBeNull();
  });
});

test("counts the evaluations of solver and guidance", () => {
  const flow = model(shape("pixel"));
  expect(flow.cost()).toBe(20);
  expect(flow.cost({ steps: 1, sampler: "heun" })).toBe(1);
  expect(flow.cost({ steps: 6, sampler: "heun" })).toBe(11);
  expect(flow.cost({ steps: 6, sampler: "heun", guidance: 1.5 })).toBe(22);
  expect(flow.cost({ steps: 6, guidance: 0 })).toBe(12);
  expect(() => flow.cost({ steps: 0 })).toThrow(/steps must be a whole number in \[1, 1000\], got 0/);
});

test("says what is wrong with an option", async () => {
  const flow = model(shape("pixel"));
  for (const [options, message] of [
    [{ steps: 1001 }, /steps must be a whole number in \[1, 1000\], got 1001/],
    [{ steps: 2.5 }, /got 2.5/],
    [{ guidance: Number.NaN }, /guidance must be a number in \[0, 10\], got NaN/],
    [{ guidance: 10.5 }, /guidance must be a number in \[0, 10\], got 10.5/],
    [{ count: 0 }, /count must be a whole number of at least 1, got 0/],
    [{ label: 2 }, /no class "2"; the model knows 0 disc, 1 cross/],
  ] as const)
    await expect(flow.sample(options)).rejects.toThrow(message);
  const noise = new Float32Array(64).fill(Number.NaN);
  await expect(flow.sample({}, { noise })).rejects.toThrow(/noise must be finite, got NaN/);
});

test("a sample does not depend on how many are drawn with it", async () => {
  const flow = model(shape("pixel"));
  const options = { label: "cross", steps: 3, seed: 4 };
  const [few, many] = [await flow.sample({ ...options, count: 3 }), await flow.sample({ ...options, count: 70 })];
  close(few.pixels, [...many.pixels.subarray(0, few.pixels.length)], 1e-5);
});

test("streams batch by batch and step by step, up to what a sample is", async () => {
  const flow = model(shape("pixel"));
  const options = { count: 70, steps: 3, sampler: "heun", guidance: 2, seed: 4 } as const;
  const done: [number, number][] = [];
  const whole = await flow.sample(options, { onProgress: (...counts) => void done.push(counts) });
  expect(done).toEqual([
    [64, 70],
    [70, 70],
  ]);
  const seen: number[][] = [];
  for await (const { step, steps, evaluations, first, output } of flow.stream(options)) {
    const { pixels, count, labels } = await output();
    seen.push([first, count, step, evaluations]);
    expect([...labels!]).toEqual([...whole.labels!.subarray(first, first + count)]);
    const same = whole.pixels.subarray(first * 64, (first + count) * 64);
    if (step === steps) expect(pixels).toEqual(same);
    else expect(pixels).not.toEqual(same);
  }
  const evaluations = [4, 8, flow.cost(options)]; // two at each end of a step, and the last one is Euler's
  expect(seen).toEqual([0, 64].flatMap((at) => evaluations.map((made, k) => [at, at === 0 ? 64 : 6, k + 1, made])));
});

test("an aborted sample ends between two steps", async () => {
  const flow = model(shape("pixel"));
  const stop = new AbortController();
  const steps: number[] = [];
  const run = async () => {
    for await (const { step } of flow.stream({ steps: 5 }, { signal: stop.signal })) {
      steps.push(step);
      if (step === 2) stop.abort(new Error("enough"));
    }
  };
  await expect(run()).rejects.toThrow("enough");
  expect(steps).toEqual([1, 2]);
  await expect(flow.sample({}, { signal: stop.signal })).rejects.toThrow("enough");
});

test("training times are logistic-normal", () => {
  const times = drawTimes(new Random(2), 20_000);
  const below = (t: number) => times.filter((x) => x < t).length / times.length;
  expect(below(0.5)).toBeCloseTo(0.5, 1);
  expect(Math.abs(below(0.25) - 0.136)).toBeLessThan(0.01); // Φ(ln(1/3))
  expect(Math.abs(below(0.9) - 0.986)).toBeLessThan(0.005); // Φ(ln 9)
});

test("a latent network has as many blocks as it is told, one on pixels two at most", () => {
  const numbers = (space: "pixel" | "latent", blocks: number) =>
    nn.initialize(flowNetwork({ ...shape(space), blocks }).velocity, 1).flat.length;
  const [one, two, three] = [1, 2, 3].map((blocks) => numbers("latent", blocks));
  expect(three - two).toBe(two - one);
  expect(two).toBeGreaterThan(one);
  expect(numbers("pixel", 1)).toBeLessThan(numbers("pixel", 2));
  expect(numbers("pixel", 3)).toBe(numbers("pixel", 2));
});
