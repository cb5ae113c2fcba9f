import { afterAll, describe, expect, test } from "vitest";
import { type Conditions, positionsOf } from "../../../src/methods/dyadic/context.js";
import { hearing } from "../../../src/methods/dyadic/hearing.js";
import { type DyadicNetwork, dyadicNetwork } from "../../../src/methods/dyadic/network.js";
import { maskedError } from "../../../src/methods/dyadic/objective.js";
import type { DyadicShape } from "../../../src/methods/dyadic/shape.js";
import * as nn from "../../../src/nn/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../../src/tensor/index.js";
import { drawnNetwork, normals, run, shapeWith } from "./made.js";

const [B, n, d, T] = [2, 8, 4, 32];
const specs = {
  ...{
    state: [B, n, d],
    time: [B],
    sound: [B, 2, T, 40],
    heard: [B],
    sounding: [B, n],
    partner: [B, n, d],
    seen: [B, n],
  },
  ...{ relation: { shape: [B], dtype: "int32" as const }, traits: [B, 5], known: [B], style: [B, 2 * d], styled: [B] },
};
type Feeds = Record<keyof typeof specs, Float32Array | Int32Array | number[]>;
const ones = (count: number) => new Float32Array(count).fill(1);
const full = (): Feeds => ({
  ...{ state: normals("state", B * n * d), time: [0.3, 0.7], sound: normals("sound", B * 2 * T * 40), heard: ones(B) },
  ...{
    sounding: ones(B * n),
    partner: normals("partner", B * n * d),
    seen: ones(B * n),
    relation: Int32Array.of(0, 2),
  },
  ...{ traits: normals("traits", B * 5), known: ones(B), style: normals("style", B * 2 * d), styled: ones(B) },
});
const dropped = (feeds: Feeds): Feeds => ({
  ...feeds,
  ...{ heard: [0, 0], seen: new Float32Array(B * n), relation: Int32Array.of(4, 4), known: [0, 0], styled: [0, 0] },
});
const build = (net: DyadicNetwork) =>
  compile(
    specs,
    ({ state, time, ...given }) => {
      const { context, mask, social } = net.read(given as unknown as Conditions, constant([0.3]));
      return { out: net.denoise(state, time, { memory: net.denoise.remember(context), mask, social }) };
    },
    { device: "cpu", threads: 1 },
  );
/** One program for each shape. */
const programs = new Map<DyadicShape, ReturnType<typeof build>>();
afterAll(async () => {
  for (const program of programs.values()) await program.release();
});
const draw = async (shape: DyadicShape, feeds: Feeds, net?: DyadicNetwork) => {
  const known = net ? build(net) : (programs.get(shape) ?? build(drawnNetwork(shape)));
  if (!net) programs.set(shape, known);
  const out = (await known.run(feeds)).out.slice();
  if (net) await known.release();
  return out;
};
const changed = (feeds: Feeds, name: keyof Feeds, from = 0, to = feeds[name].length): Feeds => ({
  ...feeds,
  [name]: Float32Array.from(feeds[name], (x, i) => (i >= from && i < to ? x + 1 + (i % 3) : x)),
});
const distance = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));

const variants = {
  "as the paper": shapeWith(),
  joint: shapeWith({ attention: "joint" }),
  adaln: shapeWith({ modulation: "adaln", gate: "linear", styleTokens: "sum" }),
};

describe.each(Object.entries(variants))("the network, %s", (_, shape) => {
  test("every condition changes what is predicted", async () => {
    const feeds = full();
    const before = await draw(shape, feeds);
    for (const name of ["sound", "partner", "traits", "style", "time"] as const)
      expect(distance(await draw(shape, changed(feeds, name)), before), name).toBeGreaterThan(1e-4);
    expect(distance(await draw(shape, { ...feeds, relation: Int32Array.of(1, 3) }), before)).toBeGreaterThan(1e-3);
  });

  test("nothing of a dropped condition is seen anywhere", async () => {
    const feeds = dropped(full());
    const before = await draw(shape, feeds);
    for (const name of ["sound", "partner", "traits", "style"] as const)
      expect(await draw(shape, changed(feeds, name)), name).toEqual(before);
  });

  test("sound and partner tokens that are not there change nothing, and rows do not mix", async () => {
    const feeds = full();
    const half = Float32Array.from({ length: B * n }, (_, i) => (i % n < 5 ? 1 : 0));
    const short = { ...feeds, sounding: half, seen: half };
    const before = await draw(shape, short);
    const sound = (short.sound as Float32Array).map((x, i) => (Math.floor(i / 40) % T >= 20 ? x - 2 : x));
    const partner = (short.partner as Float32Array).map((x, i) => (Math.floor(i / d) % n >= 5 ? x - 2 : x));
    expect(distance(await draw(shape, { ...short, sound, partner }), before)).toBeLessThan(1e-6);
    const other = await draw(shape, changed(feeds, "sound", 2 * T * 40));
    const whole = await draw(shape, feeds);
    expect(distance(other.subarray(0, n * d), whole.subarray(0, n * d))).toBeLessThan(1e-6);
  });
});

test("at first nothing is predicted, so that the loss is that of the noise, and the condition does not matter", async () => {
  const shape = shapeWith();
  const net = dyadicNetwork(shape);
  nn.initialize(net, 1);
  const out = await draw(shape, full(), net);
  expect(out.every((x) => x === 0)).toBe(true);
  const noise = normals("noise", 8000);
  const build = ({ noise }: { noise: Tensor }) => ({
    loss: maskedError(noise.mul(0), noise, noise.mul(0).add(1).mean(-1)),
  });
  expect((await run({ noise: [1, 2000, 4] }, build, { noise })).loss[0]).toBeCloseTo(1, 1);
  nn.init.normal(0.3)(net.denoise.output.weight.value!, [16, 4], { uniform: () => 0, normal: () => 0.3 });
  const feeds = full();
  const before = await draw(shape, feeds, net);
  expect(await draw(shape, { ...feeds, time: [0.9, 0.1] }, net)).toEqual(before);
});

test("exchanging the two people is the same as exchanging all that is theirs", async () => {
  const shape = shapeWith();
  const feeds = full();
  const rows = { ...feeds, relation: Int32Array.of(2, 2) };
  const turned = { ...rows };
  for (const name of ["state", "time", "partner", "traits", "style"] as const) {
    const half = rows[name].length / 2;
    turned[name] = Float32Array.of(...Array.from(rows[name]).slice(half), ...Array.from(rows[name]).slice(0, half));
  }
  const sound = rows.sound as Float32Array;
  turned.sound = Float32Array.of(...sound.subarray(2 * T * 40), ...sound.subarray(0, 2 * T * 40));
  const [a, b] = [await draw(shape, rows), await draw(shape, turned)];
  expect(b.subarray(n * d)).toEqual(a.subarray(0, n * d));
  expect(b.subarray(0, n * d)).toEqual(a.subarray(n * d));
});

test("a causal network does not hear what comes later", async () => {
  const shape = shapeWith({ causal: { tokens: 0, seconds: 0 } });
  const feeds = full();
  const before = await draw(shape, feeds);
  const sound = (feeds.sound as Float32Array).map((x, i) => (Math.floor(i / 40) % T >= 16 ? x + 1 + (i % 3) : x));
  const after = await draw(shape, { ...feeds, sound });
  for (let row = 0; row < B; row++) {
    const [was, is] = [before, after].map((all) => all.subarray(row * n * d, (row + 1) * n * d));
    expect([...is.subarray(0, 4 * d)]).toEqual([...was.subarray(0, 4 * d)]);
    expect(distance(is, was)).toBeGreaterThan(1e-4);
  }
});

test("where nothing is there to be heard, nothing is", async () => {
  const hear = hearing(8, 2);
  nn.initialize(hear, 1);
  const { out } = await run(
    { x: [2, 3, 8], mask: [2, 3] },
    ({ x, mask }) => ({ out: hear(x, { context: x, mask: mask.greater(0.5) }) }),
    { x: normals("x", 48), mask: [0, 0, 0, 1, 0, 1] },
  );
  expect(out.subarray(0, 24).every((value) => value === 0)).toBe(true);
  expect(out.every(Number.isFinite)).toBe(true);
  expect(Math.hypot(...out.subarray(24))).toBeGreaterThan(0.01);
});

test("the order of the context does not matter but for the positions of its tokens", async () => {
  const hear = hearing(8, 2);
  nn.initialize(hear, 1);
  const [x, context] = [normals("x", 24), normals("context", 32)];
  const turned = Float32Array.of(...context.subarray(16), ...context.subarray(0, 16));
  const heard = async (context: Float32Array, placed: boolean) => {
    const build = ({ x, context }: { x: Tensor; context: Tensor }) => {
      const at = positionsOf(Float32Array.of(0, 0.1, 0.2, 0.3), 8).unsqueeze(0);
      return { out: hear(x, { context: placed ? context.add(at) : context }) };
    };
    return (await run({ x: [1, 3, 8], context: [1, 4, 8] }, build, { x, context })).out;
  };
  expect(distance(await heard(turned, false), await heard(context, false))).toBeLessThan(1e-5);
  expect(distance(await heard(turned, true), await heard(context, true))).toBeGreaterThan(1e-3);
});

test.each(Object.entries(variants))("gradients are those of finite differences, %s", async (_, shape) => {
  const net = drawnNetwork(shape);
  const feeds = full();
  const weights = normals("weights", B * n * d);
  const names = ["state", "sound", "partner", "traits"] as const;
  const { sound, ...others } = specs;
  await using program = compile(
    { ...others, sound, weights: [B, n, d] },
    ({ state, time, weights, ...given }) => {
      const { context, mask, social } = net.read(given as unknown as Conditions, constant([0.3]));
      const out = net.denoise(state, time, { memory: net.denoise.remember(context), mask, social });
      const loss = out.mul(weights).sum();
      const all = { state, ...given } as Record<string, Tensor>;
      const found = grad(
        loss,
        names.map((name) => all[name]),
      );
      return { out, ...Object.fromEntries(names.map((name, i) => [name, found[i]])) } as Record<string, Tensor>;
    },
    { device: "cpu", threads: 1 },
  );
  const first = await program.run({ ...feeds, weights } as never);
  for (const name of names) {
    const slopeOf = first[name].slice();
    const direction = slopeOf.map((_, i) => Math.cos(1 + 2.4 * i));
    const lossAt = async (step: number) => {
      const moved = Float32Array.from(feeds[name], (x, i) => x + step * direction[i]);
      const { out } = await program.run({ ...feeds, weights, [name]: moved } as never);
      return out.reduce((sum, x, i) => sum + x * weights[i], 0);
    };
    // Of fourth order, so that the step can be large: graphs compute in 32 bits only, and what rounding makes of the outputs is
    // divided by the step. That leaves 1e-5 to 1e-4; with 64 bits it could be 1e-5
    const central = async (h: number) => ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
    const slope = (4 * (await central(0.04)) - (await central(0.08))) / 3;
    const wanted = slopeOf.reduce((sum, x, i) => sum + x * direction[i], 0);
    const size = Math.hypot(...slopeOf);
    expect(size, name).toBeGreaterThan(1e-3);
    expect(Math.abs(slope - wanted), name).toBeLessThan(2e-4 * size);
  }
});
