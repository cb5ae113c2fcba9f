import { expect, test } from "vitest";
import { discreteNetwork, processOf } from "../../../src/methods/discrete/network.js";
import { uniformLoss } from "../../../src/methods/discrete/objective.js";
import { type DiscreteShape, discreteShape, shapes } from "../../../src/methods/discrete/shape.js";
import { countParameters } from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad, type Tensor } from "../../../src/tensor/index.js";

const micro = discreteShape.parse({
  process: "uniform",
  vocabulary: 5,
  length: 4,
  network: { width: 16, heads: 2, blocks: 2, condition: 8 },
});

/** A network whose every parameter is random, so that its output is not zero as at the start of training. */
function randomNetwork(shape: DiscreteShape, seed = 1) {
  const net = discreteNetwork(shape);
  const random = new Random(seed);
  const { flat } = net.parameters;
  for (let i = 0; i < flat.length; i++) flat[i] = 0.3 * random.normal();
  return net;
}
const int = (...shape: number[]) => ({ shape, dtype: "int32" as const });
const close = (a: Float32Array, b: Float32Array, tolerance: number) => {
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => {
    expect(Math.abs(v - b[i]), `entry ${i}`).toBeLessThan(tolerance);
  });
};

/** Parameters of the papers' DiT, from its description. */
function expected({ process, vocabulary: K, network }: DiscreteShape): number {
  if (network.kind !== "transformer") throw new Error("A transformer's shape.");
  const { width: d, blocks, condition: c, tied } = network;
  const states = process === "masked" ? K + 1 : K;
  const time = 256 * c + c + c * c + c;
  const block = 2 * d + 3 * d * d + d * d + (4 * d * d + 4 * d) + (4 * d * d + d) + (c * 6 * d + 6 * d);
  const output = tied ? 1 : d * K + K;
  return states * d + time + blocks * block + d + (c * 2 * d + 2 * d) + output;
}

test("parameter counts are the papers', less the mask's output", () => {
  expect(countParameters(discreteNetwork({ ...shapes.small, process: "masked" }))).toBe(169_626_449);
  for (const shape of Object.values(shapes))
    for (const process of ["uniform", "masked"] as const)
      expect(countParameters(discreteNetwork({ ...shape, process }))).toBe(expected({ ...shape, process }));
  expect(expected({ ...shapes.medium, process: "masked" })).toBeGreaterThan(400e6);
  const tied = { ...shapes.tiny, network: { ...shapes.tiny.network, tied: true } };
  expect(countParameters(discreteNetwork(tied))).toBe(expected(tied));
  const papers = { ...tied, network: { ...tied.network, norm: "layerGain", mlp: "geluTanh" } } as const;
  expect(countParameters(discreteNetwork(papers))).toBe(expected(papers));
  const shape = (name: string) =>
    [...discreteNetwork({ ...shapes.small, process: "masked" }).namedParameters()].find(([n]) => n === name)?.[1].shape;
  expect(shape("embedding.weight")).toEqual([50_258, 768]);
  expect(shape("head.project.weight")?.slice().sort()).toEqual([50_257, 768]);
});

test("tokens, one-hot latents and one-hot bags give the same logits, whatever the network", async () => {
  for (const process of ["uniform", "masked"] as const)
    for (const tied of [false, true]) {
      const [B, L, K] = [3, 4, 5];
      const shape = { ...micro, process, network: { ...micro.network, tied } } as DiscreteShape;
      const net = randomNetwork(shape);
      const program = compile(
        { tokens: int(B, L), scaled: [B, L, K], indices: int(B, L, 3), weights: [B, L, 3], sigma: [B] },
        ({ tokens, scaled, indices, weights, sigma }) => ({
          hard: net(tokens, sigma),
          soft: net({ scaled }, sigma),
          bag: net({ indices, weights }, sigma),
        }),
      );
      const tokens = Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2, 2, 2, 4, 4);
      const scaled = new Float32Array(B * L * K).fill(-1e4);
      tokens.forEach((t, i) => {
        scaled[i * K + t] = 0;
      });
      // The token in the bag's last place, others of weight zero before it
      const indices = Int32Array.from({ length: B * L * 3 }, (_, i) => (i % 3 === 2 ? tokens[(i - 2) / 3] : i % K));
      const weights = Float32Array.from(indices, (_, i) => (i % 3 === 2 ? 1 : 0));
      const out = await program.run({ tokens, scaled, indices, weights, sigma: Float32Array.of(0.1, 1, 4) });
      expect(Math.max(...out.hard) - Math.min(...out.hard)).toBeGreaterThan(1);
      close(out.soft, out.hard, 1e-4);
      close(out.bag, out.hard, 1e-4);
      await program.release();
    }
});

test("soft inputs are mixtures of embeddings", async () => {
  const net = randomNetwork(micro);
  const embedding = (net as unknown as { embedding: { weight: Tensor & { value: Float32Array } } }).embedding;
  const program = compile({ scaled: [1, 4, 5], indices: int(1, 4, 2), weights: [1, 4, 2] }, (inputs) => {
    const layer = embedding as unknown as (input: object) => Tensor;
    return {
      soft: layer({ scaled: inputs.scaled }),
      bag: layer({ indices: inputs.indices, weights: inputs.weights }),
    };
  });
  const scaled = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
  const indices = Int32Array.of(0, 1, 2, 3, 4, 0, 1, 1);
  const weights = Float32Array.of(0.3, 0.6, 1, 0, 0.25, 0.25, 0.5, 0.5);
  const out = await program.run({ scaled, indices, weights });
  const table = embedding.weight.value;
  for (let l = 0; l < 4; l++) {
    const e = Array.from(scaled.subarray(l * 5, l * 5 + 5), Math.exp);
    const total = e.reduce((a, b) => a + b, 0);
    for (let d = 0; d < 16; d++) {
      const soft = e.reduce((sum, v, j) => sum + (v / total) * table[j * 16 + d], 0);
      expect(out.soft[l * 16 + d]).toBeCloseTo(soft, 5);
      const bag = [0, 1].reduce((sum, k) => sum + weights[l * 2 + k] * table[indices[l * 2 + k] * 16 + d], 0);
      expect(out.bag[l * 16 + d]).toBeCloseTo(bag, 5);
    }
  }
  await program.release();
});

test("the mask is a state of the input only; masked networks do not see the noise level, uniform ones do", async () => {
  for (const process of ["uniform", "masked"] as const) {
    const shape = { ...micro, process };
    expect(processOf(shape).states).toBe(process === "masked" ? 6 : 5);
    const net = randomNetwork(shape);
    const program = compile({ tokens: int(2, 4), sigma: [2] }, ({ tokens, sigma }) => ({ logits: net(tokens, sigma) }));
    const last = process === "masked" ? 5 : 4;
    const tokens = Int32Array.of(last, 0, 1, last, last, 0, 1, last);
    const { logits } = await program.run({ tokens, sigma: Float32Array.of(0.05, 5) });
    expect(logits.length).toBe(2 * 4 * 5);
    expect(logits.every(Number.isFinite)).toBe(true);
    const difference = Math.max(...logits.subarray(0, 20).map((v, i) => Math.abs(v - logits[20 + i])));
    if (process === "masked") expect(difference).toBeLessThan(1e-5);
    else expect(difference).toBeGreaterThan(0.01);
    await program.release();
  }
});

test("classes change the prediction, and have to be given where there are any", async () => {
  const shape = { ...micro, classes: 3 };
  const net = randomNetwork(shape);
  expect(countParameters(net) - countParameters(discreteNetwork(micro))).toBe(4 * 8);
  const program = compile({ tokens: int(4, 4), sigma: [4], labels: int(4) }, ({ tokens, sigma, labels }) => ({
    logits: net(tokens, sigma, labels),
  }));
  const tokens = new Int32Array(16).fill(2);
  const sigma = new Float32Array(4).fill(1);
  const { logits } = await program.run({ tokens, sigma, labels: Int32Array.of(0, 1, 3, 1) });
  const row = (b: number) => logits.slice(b * 20, b * 20 + 20);
  close(row(1), row(3), 1e-5);
  expect(Math.abs(row(0)[0] - row(1)[0])).toBeGreaterThan(1e-3);
  expect(Math.abs(row(2)[0] - row(1)[0])).toBeGreaterThan(1e-3);
  expect(() =>
    compile({ tokens: int(1, 4), sigma: [1] }, ({ tokens, sigma }) => ({ logits: net(tokens, sigma) })),
  ).toThrow("This network has classes; give labels [B] (the number of classes: none).");
  await program.release();
});

test("at the start every transformer predicts the uniform distribution, and has gradients", async () => {
  for (const tied of [false, true]) {
    const shape = { ...micro, network: { ...micro.network, tied } } as DiscreteShape;
    const net = discreteNetwork(shape);
    net.parameters.initialize(2);
    const program = compile(
      { tokens: int(2, 4), clean: int(2, 4), alpha: [2], rest: [2], dAlpha: [2] },
      ({ tokens, clean, ...levels }) => {
        const logits = net(tokens, levels.alpha);
        return { logits, gradient: grad(uniformLoss(logits, clean, tokens, levels).mean(), net.parameters) };
      },
    );
    const { logits, gradient } = await program.run({
      tokens: Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2),
      clean: Int32Array.of(0, 0, 0, 0, 4, 4, 4, 4),
      alpha: Float32Array.of(0.3, 0.7),
      rest: Float32Array.of(0.7, 0.3),
      dAlpha: Float32Array.of(-1, -1),
    });
    expect(logits.every((v) => v === 0)).toBe(true);
    expect(gradient.some((v) => v !== 0)).toBe(true);
    expect(gradient.every(Number.isFinite)).toBe(true);
    await program.release();
  }
});

const pixels = discreteShape.parse({
  process: "masked",
  vocabulary: 4,
  length: 64,
  image: { height: 8, width: 8, channels: 1 },
  network: { kind: "unet", hidden: 8, blocks: 1, condition: 8 },
});

test("pixel networks: many levels are a truncated logistic around the level that went in", async () => {
  const K = 64;
  for (const process of ["uniform", "masked"] as const) {
    const shape = { ...pixels, process, vocabulary: K, length: 64 };
    const net = discreteNetwork(shape);
    net.parameters.flat.fill(0); // mean and log scale of zero everywhere
    const program = compile({ tokens: int(1, 64), sigma: [1] }, ({ tokens, sigma }) => ({
      logits: net(tokens, sigma),
    }));
    const tokens = Int32Array.from({ length: 64 }, (_, i) => i);
    const { logits } = await program.run({ tokens, sigma: Float32Array.of(1) });
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    for (const i of [0, 7, 31, 32, 63]) {
      const centre = Math.tanh((2 * i) / (K - 1) - 1);
      const mass = Array.from(
        { length: K },
        (_, j) =>
          sigmoid(Math.exp(2) * ((2 * (j + 1)) / K - 1 - centre)) - sigmoid(Math.exp(2) * ((2 * j) / K - 1 - centre)),
      );
      const total = mass.reduce((a, b) => a + b, 0);
      const row = Array.from(logits.subarray(i * K, (i + 1) * K), Math.exp);
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((v, j) => {
        expect(Math.abs(v / sum - mass[j] / total)).toBeLessThan(1e-5);
      });
    }
    await program.release();
  }
});

test("pixel networks: few levels are free, masks are seen, and bad shapes and inputs are named", async () => {
  const shape = pixels;
  const net = randomNetwork(shape);
  const program = compile({ tokens: int(2, 64), sigma: [2] }, ({ tokens, sigma }) => ({ logits: net(tokens, sigma) }));
  const tokens = new Int32Array(128).fill(1);
  tokens[64 + 20] = 4;
  const { logits } = await program.run({ tokens, sigma: Float32Array.of(1, 1) });
  expect(logits.length).toBe(2 * 64 * 4);
  expect(logits.subarray(0, 256).some((v, i) => Math.abs(v - logits[256 + i]) > 1e-3)).toBe(true);
  await program.release();
  expect(() => discreteNetwork({ ...pixels, length: 128 })).toThrow("An image of 8×8×1 has 64 tokens, not 128.");
  expect(() => discreteNetwork({ ...shape, image: undefined })).toThrow("A pixel network needs the image's size.");
  expect(() =>
    compile({ scaled: [1, 64, 4], sigma: [1] }, ({ scaled, sigma }) => ({ logits: net({ scaled }, sigma) })),
  ).toThrow("Pixel networks have no curriculum; give tokens.");
});
