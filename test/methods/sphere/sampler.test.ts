import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Images } from "../../../src/media/images.js";
import { angleBetween, type SphereModel, spherifyRows } from "../../../src/methods/sphere/index.js";
import { Random } from "../../../src/random/index.js";
import { modelOf, untrained, untrainedFiles, untrainedShape } from "./untrained.js";

const model = untrained();
const unconditional = untrained(untrainedShape(0));
afterAll(async () => {
  await model.release();
  await unconditional.release();
});
afterEach(() => void vi.restoreAllMocks());

type Through = (
  side: "encode" | "decode",
  x: Float32Array,
  classes: Float32Array,
  guidance: number,
) => Promise<Float32Array>;
const spy = (of: SphereModel) => vi.spyOn(of as unknown as { through: Through }, "through");
const calls = (spied: ReturnType<typeof spy>) => spied.mock.calls.map(([side]) => side);
/** Strength of guidance, which is the same in all rows of a request. */
const strengthOf = (guidance: number | Float32Array): number => {
  const [one, ...others] = new Set([guidance].flatMap((g) => (typeof g === "number" ? g : [...g])));
  expect(others).toEqual([]);
  return one;
};
const random = new Random(6, "sphere sampler");
const pictures = (count: number) =>
  new Images(
    Float32Array.from({ length: count * 64 }, () => 2 * random.uniform() - 1),
    count,
    1,
    8,
    8,
  );

// Eight pictures are one batch, and a batch goes through all of its passes before the next
describe("26: passes", () => {
  test("one step decodes only; T steps encode T − 1 times", async () => {
    const spied = spy(model);
    await model.sample({ count: 8, steps: 1 });
    expect(calls(spied)).toEqual(["decode"]);
    spied.mockClear();
    await model.sample({ count: 8, steps: 3 });
    expect(calls(spied)).toEqual(["decode", "encode", "decode", "encode", "decode"]);
    expect([1, 4].map((steps) => model.cost({ steps }))).toEqual([1, 7]);
  });
  test("with two steps the official sharing and none are one; re-using the first noise is another", async () => {
    const two = (shareNoise: "official" | "none" | "initial") =>
      model.sample({ count: 3, steps: 2, seed: 4, shareNoise });
    const [official, none, initial] = [await two("official"), await two("none"), await two("initial")];
    expect(none.pixels).toEqual(official.pixels);
    expect(initial.pixels).not.toEqual(official.pixels);
    const three = (shareNoise: "official" | "none") => model.sample({ count: 3, steps: 3, seed: 4, shareNoise });
    expect((await three("none")).pixels).not.toEqual((await three("official")).pixels);
  });
});

describe("28: guidance", () => {
  const sample = (options: object) => model.sample({ count: 8, seed: 1, steps: 2, ...options });
  test("of one is the conditional path, to the bit", async () => {
    expect((await sample({ guidance: 1 })).pixels).toEqual((await sample({})).pixels);
  });
  test("changes nothing where a class is as good as none", async () => {
    const files = untrainedFiles();
    for (const [name, { shape, data }] of Object.entries(files.weights))
      if (name.endsWith("classes.weight"))
        for (let row = 0; row < shape[0]; row++) data.copyWithin(row * shape[1], 2 * shape[1], 3 * shape[1]);
    const same = modelOf(files);
    const [plain, guided] = [
      await same.sample({ count: 2, steps: 2 }),
      await same.sample({ count: 2, steps: 2, guidance: 4 }),
    ];
    guided.pixels.forEach((x, i) => void expect(Math.abs(x - plain.pixels[i])).toBeLessThan(1e-5));
    await same.release();
  });
  test("at both places takes the root at each, and stays in the range of pixels", async () => {
    const spied = spy(model);
    const { pixels } = await sample({ guidance: 4, guidanceAt: "both" });
    expect(spied.mock.calls.map(([side, , , g]) => [side, strengthOf(g)])).toEqual([
      ["decode", 2],
      ["encode", 2],
      ["decode", 2],
    ]);
    expect(pixels.every((x) => Math.abs(x) <= 1)).toBe(true);
    spied.mockClear();
    await sample({ guidance: 4, guidanceAt: "decoder" });
    expect(spied.mock.calls.map(([, , , g]) => strengthOf(g))).toEqual([4, 1, 4]);
    spied.mockClear();
    await sample({ guidance: 4, guidanceAt: "encoder" });
    expect(spied.mock.calls.map(([, , , g]) => strengthOf(g))).toEqual([1, 4, 1]);
    expect([
      model.cost({ steps: 4, guidance: 2 }),
      model.cost({ steps: 4, guidance: 2, guidanceAt: "encoder" }),
    ]).toEqual([14, 10]);
  });
  test("moves the latent along the difference from no class", async () => {
    const x = pictures(1);
    const of = async (guidance: number, label: string | null) => {
      const through = (model as unknown as { through: Through }).through.bind(model);
      return through("encode", x.pixels, model.classWeights(label, 1), guidance);
    };
    const [free, given, guided] = [await of(1, null), await of(1, "disc"), await of(3, "disc")];
    guided.forEach((z, i) => void expect(z).toBeCloseTo(free[i] + 3 * (given[i] - free[i]), 4));
  });
});

test("29: an identity encoder and decoder without noise stay where they are", async () => {
  spy(model).mockImplementation(async (side, x) =>
    side === "encode" ? x.slice(0, 16) : new Float32Array(64).map((_, i) => x[i % 16]),
  );
  const corner = Float32Array.from({ length: 64 }, (_, i) => ((i % 16) % 3 === 0 ? -1 : 1)); // on the sphere as it is
  const first = new Images(corner, 1, 1, 8, 8);
  for (const steps of [1, 5]) {
    const { pixels } = await model.refine(first, { steps, strength: 0 });
    pixels.forEach((x, i) => void expect(x).toBeCloseTo(corner[i], 4));
  }
});

test("the noise of each step is what the rule says", async () => {
  const seen: Float32Array[] = [];
  const through = (model as unknown as { through: Through }).through.bind(model);
  spy(model).mockImplementation((side, x, classes, g) => {
    if (side === "decode") seen.push(x);
    return through(side, x, classes, g);
  });
  const noise = random.normals(16);
  await model.sample({ count: 1, steps: 4 }, { noise });
  expect(seen[0]).toEqual(spherifyRows(noise, 16));
  // tan 60° of noise to one of picture: all later latents stay near the noise
  for (const v of seen.slice(1)) expect((angleBetween(v, noise) * 180) / Math.PI).toBeLessThan(75);
  seen.length = 0;
  await model.sample({ count: 1, steps: 3, schedule: true }, { noise });
  const encoded: Float32Array[] = [];
  vi.restoreAllMocks();
  // the last step's share is 1 − 2/3: recompute it
  const x1 = await model.decode(seen[1], { label: 0 });
  encoded.push(await model.encode(x1, { label: 0 }));
  const expected = spherifyRows(
    encoded[0].map((z, i) => z + (1 / 3) * Math.tan(Math.PI / 3) * noise[i]),
    16,
  );
  seen[2].forEach((z, i) => void expect(z).toBeCloseTo(expected[i], 4));
});

test("the same seed draws the same pictures, however many are drawn", async () => {
  const [few, many] = [
    await model.sample({ count: 3, seed: 8, label: "disc" }),
    await model.sample({ count: 11, seed: 8, label: "disc" }),
  ];
  few.pixels.forEach((x, i) => void expect(x).toBeCloseTo(many.pixels[i], 5));
});

test("latents lie on the sphere, and the class moves them", async () => {
  const x = pictures(2);
  const latents = await model.encode(x);
  for (const at of [0, 16]) expect(Math.hypot(...latents.subarray(at, at + 16))).toBeCloseTo(4, 3);
  expect(await model.encode(x, { label: "disc" })).not.toEqual(latents);
  expect((await model.decode(latents, { label: "disc" })).pixels).not.toEqual((await model.decode(latents)).pixels);
});

test("reconstruction has no class unless one is given", async () => {
  const x = pictures(2);
  const plain = await model.reconstruct(x);
  expect(plain.pixels).toEqual((await model.decode(await model.encode(x))).pixels);
  expect((await model.reconstruct(x, { label: "cross" })).pixels).not.toEqual(plain.pixels);
});

describe("wrong use", () => {
  const bad: [string, () => Promise<unknown>, RegExp][] = [
    ["steps", () => model.sample({ steps: 0 }), /steps must be a whole number in \[1, 64\], got 0/],
    ["too many steps", () => model.sample({ steps: 65 }), /got 65/],
    ["count", () => model.sample({ count: 0 }), /count.*got 0/],
    ["guidance", () => model.sample({ guidance: 0.5 }), /guidance must be a number in \[1, 10\], got 0.5/],
    ["guidance without classes", () => unconditional.sample({ guidance: 2 }), /takes no "guidance"; it takes count,/],
    ["the place of guidance", () => model.sample({ guidanceAt: "left" as never }), /"left"/],
    ["a sharing rule", () => model.sample({ shareNoise: "all" as never }), /"all"/],
    ["an unknown class", () => model.sample({ label: "boot" }), /no class "boot"/],
    ["a class of a model without", () => unconditional.encode(pictures(1), { label: "disc" }), /no classes/],
    ["noise of another size", () => model.sample({}, { noise: new Float32Array(3) }), /1 × 16 numbers, got 3/],
    ["a strength", () => model.refine(pictures(1), { strength: 2 }), /strength.*got 2/],
    ["latents of another size", () => model.decode(new Float32Array(17)), /16 numbers each, got 17/],
    ["latents that are no numbers", () => model.decode(new Float32Array(16).fill(Number.NaN)), /finite, got NaN/],
    ["pictures of another size", () => model.encode(new Images(new Float32Array(9), 1, 1, 3, 3)), /8×8×1, got 3×3×1/],
    [
      "pixels out of range",
      async () => model.encode(new Images(new Float32Array(64).fill(1.5), 1, 1, 8, 8)),
      /got 1.5/,
    ],
    [
      "pixels that are no numbers",
      async () => model.encode(new Images(new Float32Array(64).fill(Number.NaN), 1, 1, 8, 8)),
      /got NaN/,
    ],
  ];
  test.each(bad)("%s", async (_, use, message) => {
    await expect(use()).rejects.toThrow(message);
  });
});

test("without classes everything works but guidance", async () => {
  const images = await unconditional.sample({ count: 2 });
  expect(images.labels).toBeNull();
  expect(images.pixels.every(Number.isFinite)).toBe(true);
});
