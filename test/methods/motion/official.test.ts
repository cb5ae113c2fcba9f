import { afterAll, describe, expect, test } from "vitest";
import { loadSafetensors } from "../../../src/io/safetensors-file.js";
import { selfMask } from "../../../src/methods/motion/masks.js";
import { motionNetwork } from "../../../src/methods/motion/network.js";
import {
  adaptiveWeight,
  alignmentLoss,
  flowLoss,
  klLoss,
  noised,
  reconstructionLoss,
} from "../../../src/methods/motion/objective.js";
import { fromOfficial } from "../../../src/methods/motion/official.js";
import { type SamplerOptions, sampleBlocks, type VelocityAt } from "../../../src/methods/motion/sampler.js";
import { callsOf, stepsLeft } from "../../../src/methods/motion/schedule.js";
import { presets } from "../../../src/methods/motion/settings.js";
import type { Weights } from "../../../src/models/architecture.js";
import * as nn from "../../../src/nn/index.js";
import { compile, type Feed } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";

const golden = async (name: string): Promise<Weights> => {
  const { tensors } = await loadSafetensors(`test/goldens/cmdm/${name}.safetensors`);
  return Object.fromEntries(
    Object.entries(tensors as Weights).map(([name, { shape, data }]) => [name, { shape, data }]),
  );
};

const [vae, dit, codec, denoiser] = await Promise.all(["vae", "dit", "codec", "denoiser"].map(golden));
const official = { ...vae, ...dit };
const scale = { mean: new Float32Array(263), deviation: new Float32Array(263).fill(1) };
const { shape, weights, unused } = fromOfficial(official, scale);
const net = motionNetwork(shape);
nn.load(net, weights);

/** Runs a graph once on goldens, or on other numbers. */
async function run(
  inputs: Record<string, { shape: readonly number[]; data: Feed; dtype?: "bool" }>,
  build: (inputs: Record<string, Tensor>) => Record<string, Tensor>,
): Promise<Record<string, Float32Array>> {
  const specs = Object.entries(inputs).map(([name, { shape, dtype = "float32" }]) => [
    name,
    { shape: [...shape], dtype },
  ]);
  const program = compile(Object.fromEntries(specs), build, { threads: 1 });
  try {
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, { data }]) => [name, data]));
    return (await program.run(feeds)) as Record<string, Float32Array>;
  } finally {
    await program.release();
  }
}

/** The largest difference of numbers from a golden's. */
const apart = (found: ArrayLike<number>, { data }: Weights[string]): number => {
  expect(found.length).toBe(data.length);
  return data.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
};
const CLOSE = 1e-4;

const BLOCK = shape.network.block;
const [B, N] = denoiser.t.shape;
/** The times of blocks, from those of their tokens. */
const blockTimes = denoiser.t.data.filter((_, i) => i % BLOCK === 0);
const seen = selfMask({ times: new Float32Array(N / BLOCK) }, shape.network);
/** Which tokens each token of each row sees, [B, 1, N, N]; those after the `lengths` of the rows are seen by none. */
const maskOf = (lengths: ArrayLike<number>) =>
  Uint8Array.from({ length: B * N * N }, (_, i) => (i % N < lengths[Math.floor(i / N / N)] ? seen[i % (N * N)] : 0));
const whole = new Array<number>(B).fill(N);
const read = { shape: [B, 1, 1, 5], data: Uint8Array.from(denoiser.wordMask.data), dtype: "bool" } as const;

const denoising = compile(
  {
    x: denoiser.x.shape,
    t: [B, N / BLOCK],
    words: denoiser.words.shape,
    read: { shape: [B, 1, 1, 5], dtype: "bool" },
    mask: { shape: [B, 1, N, N], dtype: "bool" },
  },
  ({ x, t, words, read, mask }) => {
    const velocity = (words: Tensor) =>
      net.denoise(x, t, { text: net.denoise.remember(words), textMask: read, mask }).velocity;
    return { conditional: velocity(words), free: velocity(words.mul(0)) };
  },
  { threads: 1 },
);
afterAll(() => denoising.release());

/** Velocities of tokens, and of the same without their captions. */
const velocities = (x: Float32Array, t: Float32Array, mask = maskOf(whole)) =>
  denoising.run({ x, t, words: denoiser.words.data, read: read.data, mask });
const guided = ({ conditional, free }: Record<string, Float32Array>) =>
  conditional.map((v, i) => free[i] + 3 * (v - free[i]));

describe("weights of CMDM's official code", () => {
  test("tell the sizes of our network, and have all its parameters", () => {
    expect(shape).toMatchObject({
      fps: 20,
      features: 263,
      codec: { width: 8, latent: 6, depth: 3 },
      text: { encoder: "distilbert-base-uncased", width: 20 },
      network: { width: 24, heads: 4, blocks: 2, hidden: 40, block: 3, window: 16, timeScale: 1 },
    });
    expect(unused).toEqual(["linear_proj_z.bias", "linear_proj_z.weight"]);
  });

  test("are as many as in our preset of the paper's size", () => {
    const { paper } = presets;
    const text = { ...shape.text, width: paper.text.width } as typeof shape.text;
    const full = motionNetwork({ ...shape, codec: paper.codec, text, network: paper.network });
    const count = (part: nn.Parameterized) =>
      Array.from(part.namedParameters()).reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count(full.denoise)).toBe(38_697_024);
    expect(count(full.encode) + count(full.decode) + 64 * 256 + 256).toBe(76_312_199); // with the alignment's projection
  });

  test("encode and decode as theirs do", async () => {
    const { frames, tokens } = codec;
    const found = await run({ frames, tokens }, ({ frames, tokens }) => ({
      ...net.encode(frames),
      decoded: net.decode(tokens),
    }));
    for (const name of ["mean", "logVariance", "decoded"]) expect(apart(found[name], codec[name])).toBeLessThan(CLOSE);
  });

  test("denoise as theirs do, with the caption, without, and guided", async () => {
    const found = await velocities(denoiser.x.data, blockTimes);
    expect(apart(found.conditional, denoiser.velocity)).toBeLessThan(CLOSE);
    expect(apart(found.free, denoiser.unconditional)).toBeLessThan(CLOSE);
    expect(apart(guided(found), denoiser.guided)).toBeLessThan(CLOSE);
  });

  test("do not see padding", async () => {
    const { conditional } = await velocities(denoiser.x.data, blockTimes, maskOf(denoiser.lengths.data));
    expect(apart(conditional, denoiser.padded)).toBeLessThan(CLOSE);
  });

  test.each([
    ["a", { blocks: 5, steps: 6, lag: 2 }],
    ["b", { blocks: 4, steps: 3, lag: 3 }],
  ])("are sampled on their staircase %s", (name, staircase) => {
    const { data } = denoiser[`schedule.${name}`];
    const rows = Array.from({ length: callsOf(staircase) + 1 }, (_, m) =>
      Array.from({ length: staircase.blocks }, (_, b) => stepsLeft(staircase, m, b)),
    );
    expect(rows.flat()).toEqual([...data]);
  });

  const staircase = { blocks: N / BLOCK, steps: 5, lag: 2 };
  /** The last tokens of a sample of the first caption, with guidance 3. */
  async function sampled(options: Omit<SamplerOptions, "rows" | "schedule">): Promise<Float32Array> {
    const twice = (one: ArrayLike<number>) => Float32Array.of(...Array.from(one), ...Array.from(one));
    const velocity: VelocityAt = async (state, times) => {
      return guided(await velocities(twice(state), twice(times))).slice(0, state.length);
    };
    let last = new Float32Array();
    let calls = 0;
    for await (const tokens of sampleBlocks(velocity, { schedule: staircase, rows: 1, ...options })) {
      last = tokens as typeof last;
      calls++;
    }
    expect(calls).toBe(callsOf(staircase));
    return last;
  }

  test("are sampled by their steps, to their sample", async () => {
    const { noise, sample } = denoiser;
    expect(apart(await sampled({ noise: noise.data }), sample)).toBeLessThan(CLOSE);
  });

  test("go on from clean tokens by drawing noise anew", async () => {
    const { noise, prefix, fresh, continued } = denoiser;
    let used = 0;
    const renew = (count: number) => fresh.data.slice(used, (used += count));
    const found = await sampled({ noise: noise.data, prefix: prefix.data, sampler: "renoise", renew });
    expect(used).toBe(fresh.data.length);
    expect([...found.slice(0, prefix.data.length)]).toEqual([...prefix.data]);
    expect(apart(found.slice(prefix.data.length), continued)).toBeLessThan(CLOSE);
  });
});

describe("losses of CMDM's official code", () => {
  test("of the codec", async () => {
    const { frames, noise, teacher } = codec;
    const projection = (name: string) => ({ ...vae[`linear_proj_z.${name}`] });
    const inputs = { frames, noise, teacher, weight: projection("weight"), bias: projection("bias") };
    const last = net.encode.last.weight;
    const found = await run(inputs, ({ frames, noise, teacher, weight, bias }) => {
      const { mean, logVariance } = net.encode(frames);
      const tokens = mean.add(logVariance.mul(0.5).exp().mul(noise));
      const error = net.decode(tokens).sub(frames);
      const reconstruction = reconstructionLoss(error);
      const kl = klLoss(mean, logVariance).mul(8 * 6);
      const features = teacher.reshape([1, 8, 4, 10]).mean(2);
      const alignment = alignmentLoss(tokens.matmul(weight.T).add(bias), features);
      return {
        reconstruction: reconstruction.mul(32 * 263),
        root: reconstructionLoss(error.slice(2, 0, 4)).mul(32 * 4),
        kl,
        alignment,
        adaptiveWeight: adaptiveWeight(reconstruction.mul(32 * 263), alignment, last),
        klWeight: adaptiveWeight(kl, alignment, last),
      };
    });
    for (const [name, [value]] of Object.entries(found)) {
      const wanted = codec[name].data[0];
      expect(Math.abs(value - wanted) / wanted, name).toBeLessThan(CLOSE);
    }
  });

  test("of the denoiser, over real tokens only", async () => {
    const { clean, lossNoise, lossTimes, words, loss, lengths } = denoiser;
    const real = Float32Array.from({ length: B * N }, (_, i) => (i % N < lengths.data[Math.floor(i / N)] ? 1 : 0));
    const inputs = {
      clean,
      noise: lossNoise,
      t: lossTimes,
      words,
      read,
      real: { shape: [B, N], data: real },
      mask: { shape: [B, 1, N, N], data: maskOf(lengths.data), dtype: "bool" as const },
    };
    const found = await run(inputs, ({ clean, noise, t, words, read, real, mask }) => {
      const shown = clean.mul(real.unsqueeze(-1));
      const perToken = t
        .unsqueeze(-1)
        .broadcastTo([B, N / BLOCK, BLOCK])
        .reshape([B, N, 1]);
      const text = net.denoise.remember(words);
      const { velocity } = net.denoise(noised(shown, noise, perToken), t, { text, textMask: read, mask });
      return { loss: flowLoss(velocity, shown, noise, real) };
    });
    expect(apart(found.loss, loss)).toBeLessThan(CLOSE);
  });
});

describe("other weights are refused by name", () => {
  const without = (name: string) => Object.fromEntries(Object.entries(official).filter(([own]) => own !== name));

  test("missing, unknown and wrong ones", () => {
    const wrong: Weights = {
      ...without("blocks.1.ffn.2.bias"),
      "blocks.0.norm4.weight": official["blocks.0.norm3.weight"],
      "encoder.proj.bias": { shape: [11], data: new Float32Array(11) },
    };
    expect(() => fromOfficial(wrong, scale)).toThrow(
      'These weights do not fit CMDM\'s network: missing: blocks.1.ffn.2.bias; of another size: encoder.proj.bias [11] instead of [12]; unknown: "blocks.0.norm4.weight".',
    );
  });

  test("those of another model, one half of them, and a scale of other frames", () => {
    expect(() => fromOfficial({}, scale)).toThrow(
      "These are no weights of CMDM: encoder.model.0.conv.weight is missing",
    );
    expect(() => fromOfficial(vae, scale)).toThrow("y_embedder.weight is missing");
    expect(() => fromOfficial(official, { ...scale, mean: new Float32Array(203) })).toThrow(
      "The mean has 203 numbers, and a frame of these weights 263.",
    );
    expect(() => fromOfficial(official, { ...scale, mean: new Float32Array(263).fill(Number.NaN) })).toThrow(
      "The mean of number 0 of a frame is NaN, no finite number.",
    );
    expect(() => fromOfficial(official, { ...scale, deviation: new Float32Array(263) })).toThrow(
      "The deviation of number 0 of a frame is 0, no number above 0.",
    );
  });

  test("heads that do not divide the width", () => {
    expect(() => fromOfficial(official, scale, { heads: 5 })).toThrow("heads must divide width");
  });
});
