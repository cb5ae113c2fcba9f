import { describe, expect, test } from "vitest";
import { motionNetwork } from "../../../src/methods/motion/network.js";
import { presets } from "../../../src/methods/motion/settings.js";
import type { MotionShape } from "../../../src/methods/motion/shape.js";
import { textEncoder } from "../../../src/methods/motion/text.js";
import { transformer } from "../../../src/methods/motion/transformer.js";
import { decoder, encoder } from "../../../src/methods/motion/vae.js";
import * as nn from "../../../src/nn/index.js";
import { compile, type Feed, type InputSpec } from "../../../src/runtime/index.js";
import { grad, type Tensor } from "../../../src/tensor/index.js";
import { drawn, drawWeights, golden } from "./golden.js";

const codec = { width: 8, latent: 3, depth: 3 };
const text = { words: ["a", "person", "walks"], buckets: 2, length: 4, width: 8, heads: 2, blocks: 2 };
const network = { width: 12, heads: 2, blocks: 2, hidden: 10, block: 3, window: 4, attention: "causal" } as const;
const shape: MotionShape = { fps: 20, features: 5, codec, text, network };

async function run<I extends string, O extends Record<string, Tensor>>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
  feeds: Record<I, Feed>,
) {
  await using program = compile(specs, build, { device: "cpu", threads: 1 });
  return program.run(feeds);
}

function expectClose(found: ArrayLike<number>, wanted: readonly number[], digits = 4): void {
  expect(found).toHaveLength(wanted.length);
  for (let i = 0; i < wanted.length; i++) expect(found[i]).toBeCloseTo(wanted[i], digits);
}

const netWith = (change: Partial<MotionShape["network"]> = {}) => {
  const net = motionNetwork({ ...shape, network: { ...network, ...change } });
  drawWeights(net);
  return net;
};

describe("the codec", () => {
  test("encodes as the NumPy one does", async () => {
    const net = netWith();
    const found = await run({ frames: [1, 28, 5] }, ({ frames }) => net.encode(frames), {
      frames: drawn("frames", 140),
    });
    expectClose(found.mean, golden.encoder.mean);
    expectClose(found.logVariance, golden.encoder.logVariance);
  });

  test("decodes as the NumPy one does", async () => {
    const net = netWith();
    const feeds = { tokens: drawn("tokens", 18) };
    const { out } = await run({ tokens: [1, 6, 3] }, ({ tokens }) => ({ out: net.decode(tokens) }), feeds);
    expectClose(out, golden.decoder);
  });

  test.each([4, 8, 64, 192])("makes a quarter as many tokens of %i frames, and as many frames of these", async (T) => {
    const net = netWith();
    const build = ({ frames }: { frames: Tensor }) => {
      const { mean } = net.encode(frames);
      return { mean, out: net.decode(mean) };
    };
    const { mean, out } = await run({ frames: [1, T, 5] }, build, { frames: drawn("frames", T * 5) });
    expect([mean.length, out.length]).toEqual([(T / 4) * 3, T * 5]);
  });

  test("halves time with two columns of zeros before it", async () => {
    const down = encoder({ features: 1, codec: { width: 1, latent: 1, depth: 1 } }).halves[0].down;
    const parameters = nn.initialize(down, 0);
    parameters.flat.set([1, 1, 1, 1, 0]);
    const { y } = await run({ x: [1, 1, 8] }, ({ x }) => ({ y: down(x) }), { x: [1, 2, 3, 4, 5, 6, 7, 8] });
    expect([...y]).toEqual([3, 10, 18, 26]);
  });

  test("never looks ahead: tokens before a changed frame, and frames before a changed token, stay bit for bit", async () => {
    const net = netWith();
    const encode = compile({ frames: [1, 32, 5] }, ({ frames }) => net.encode(frames), { device: "cpu", threads: 1 });
    const decode = compile({ tokens: [1, 8, 3] }, ({ tokens }) => ({ out: net.decode(tokens) }), {
      device: "cpu",
      threads: 1,
    });
    const frames = drawn("frames", 160);
    const before = await encode.run({ frames });
    const after = await encode.run({ frames: frames.map((v, i) => (i >= 13 * 5 ? v + 1 : v)) });
    expect([...after.mean.slice(0, 3 * 3)]).toEqual([...before.mean.slice(0, 3 * 3)]); // tokens 0 … 2 see frames 0 … 11
    expect([...after.mean.slice(9, 12)]).not.toEqual([...before.mean.slice(9, 12)]);
    const tokens = drawn("tokens", 24);
    const whole = await decode.run({ tokens });
    const changed = await decode.run({ tokens: tokens.map((v, i) => (i >= 5 * 3 ? v + 1 : v)) });
    expect([...changed.out.slice(0, 100)]).toEqual([...whole.out.slice(0, 100)]); // frames 0 … 19
    expect([...changed.out.slice(100, 120)]).not.toEqual([...whole.out.slice(100, 120)]);
    await encode.release();
    await decode.release();
  });
});

describe("the captions' encoder", () => {
  test("gives the states of the NumPy one, and words see words only", async () => {
    const net = netWith();
    const specs = { rows: { shape: [2, 4, 2], dtype: "int32" }, signs: [2, 4, 2] } as const;
    const feeds = {
      rows: Int32Array.from(golden.text.rows.flat(2)),
      signs: Float32Array.from(golden.text.signs.flat(2)),
    };
    const { states } = await run(specs, ({ rows, signs }) => ({ states: net.text(rows, signs) }), feeds);
    expectClose(states, golden.text.states, 3);
  });
});

describe("the denoiser", () => {
  /** Velocities of 6 tokens with two captions, all of them the golden ones unless changed. */
  async function velocity(
    change: Partial<Record<"state" | "times" | "words" | "read" | "positions", Feed>> = {},
    block = 3,
  ) {
    const net = netWith({ block });
    const [n, blocks] = [6, 6 / block];
    const seen = Uint8Array.from({ length: n * n }, (_, k) =>
      Math.floor((k % n) / block) <= Math.floor(Math.floor(k / n) / block) ? 1 : 0,
    );
    const { out } = await run(
      {
        state: [1, n, 3],
        times: [1, blocks],
        words: [1, 8, 8],
        positions: [n],
        read: { shape: [1, 1, n, 8], dtype: "bool" },
        seen: { shape: [n, n], dtype: "bool" },
      },
      ({ state, times, words, read, seen, positions }) => ({
        out: net.denoise(state, times, { text: net.denoise.remember(words), textMask: read, mask: seen, positions })
          .velocity,
      }),
      {
        state: drawn("state", 18),
        times: block === 3 ? [0.25, 0.875] : [0.25, 0.25, 0.25, 0.875, 0.875, 0.875],
        words: Float32Array.from(golden.text.states),
        positions: [0, 1, 2, 3, 4, 5],
        read: Uint8Array.from(golden.transformer.read.flat()),
        seen,
        ...change,
      },
    );
    return [...out];
  }

  test("gives the velocities of the NumPy one, whose time enters token by token", async () => {
    expectClose(await velocity(), golden.transformer.velocity, 3);
  });

  test("what changes of a block, its tokens, time or text, leaves earlier blocks bit for bit", async () => {
    const base = await velocity();
    const state = drawn("state", 18);
    state[15] += 1;
    const read = Uint8Array.from(golden.transformer.read.flat());
    read.copyWithin(24, 0, 24); // the second block shows the first caption
    for (const change of [{ state }, { times: [0.25, 0.5] }, { read }]) {
      const found = await velocity(change);
      expect(found.slice(0, 9)).toEqual(base.slice(0, 9));
      expect(found.slice(9)).not.toEqual(base.slice(9));
    }
  });

  test("tokens of a block see each other; of blocks of one token, none sees a later one", async () => {
    const state = drawn("state", 18);
    state[15] += 1; // the last token
    const [wide, wideChanged] = [await velocity(), await velocity({ state })];
    expect(wideChanged.slice(9, 12)).not.toEqual(wide.slice(9, 12));
    const [narrow, narrowChanged] = [await velocity({}, 1), await velocity({ state }, 1)];
    expect(narrowChanged.slice(0, 15)).toEqual(narrow.slice(0, 15));
    expect(narrowChanged.slice(15)).not.toEqual(narrow.slice(15));
  });

  test("positions count by their differences only", async () => {
    const moved = await velocity({ positions: [17, 18, 19, 20, 21, 22] });
    expectClose(moved, await velocity(), 4);
    expect(await velocity({ positions: [0, 1, 2, 13, 14, 15] })).not.toEqual(await velocity());
  });

  test("no gradient flows from a token to a later block", async () => {
    const net = netWith();
    const seen = Uint8Array.from({ length: 36 }, (_, k) => (Math.floor((k % 6) / 3) <= Math.floor(k / 18) ? 1 : 0));
    const { d } = await run(
      { state: [1, 6, 3], seen: { shape: [6, 6], dtype: "bool" } },
      ({ state, seen }) => {
        const words = net.text(
          state.mul(0).slice(1, 0, 4).slice(2, 0, 2).cast("int32"),
          state.mul(0).add(1).slice(1, 0, 4).slice(2, 0, 2),
        );
        const textMask = state.mul(0).slice(2, 0, 1).reshape([1, 1, 6, 1]).broadcastTo([1, 1, 6, 4]).less(1);
        const times = state.mul(0).add(0.5).slice(1, 0, 2).slice(2, 0, 1).squeeze(2);
        const inputs = { text: net.denoise.remember(words), textMask, mask: seen };
        const { velocity } = net.denoise(state, times.stopGradient(), inputs);
        return { d: grad(velocity.slice(1, 0, 3).square().sum(), [state])[0] };
      },
      { state: drawn("state", 18), seen },
    );
    expect([...d.slice(9)]).toEqual(new Array(9).fill(0));
    expect(d.slice(0, 9).every((v) => v !== 0)).toBe(true);
  });

  test("begins with velocities of exactly 0", async () => {
    const net = motionNetwork(shape);
    nn.initialize(net, 3);
    const { out } = await run(
      { state: [1, 3, 3], times: [1, 1], words: [1, 4, 8], read: { shape: [1, 1, 3, 4], dtype: "bool" } },
      ({ state, times, words, read }) => ({
        out: net.denoise(state, times, {
          text: net.denoise.remember(words),
          textMask: read,
          mask: read.slice(3, 0, 3),
        }).velocity,
      }),
      { state: drawn("state", 9), times: [0.5], words: drawn("words", 32), read: new Uint8Array(12).fill(1) },
    );
    expect([...out]).toEqual(new Array(9).fill(0));
  });
});

test("the preset paper has the paper's sizes", () => {
  const { codec: c, teacher, network, text } = presets.paper;
  const paper = {
    features: 263,
    codec: { width: c.width, latent: c.latent, depth: c.depth },
    network,
    text: { ...text, words: [] },
  };
  expect(nn.countParameters(transformer(paper))).toBe(38_697_024);
  const projection = nn.linear(c.latent, teacher.width);
  const parts = [encoder(paper), decoder(paper), projection].map((part) => nn.countParameters(part));
  expect(parts.reduce((a, b) => a + b)).toBe(76_312_199);
});

test("the captions' encoder has rows for none, its words and its buckets", () => {
  expect(textEncoder(text).table.weight.shape).toEqual([6, 8]);
});
