import { afterAll, describe, expect, test } from "vitest";
import { Images } from "../../../src/media/images.js";
import {
  angleBetween,
  crossover,
  inpaint,
  interpolate,
  morph,
  project,
  spherifyRows,
  stitch,
  vary,
} from "../../../src/methods/sphere/index.js";
import { Random } from "../../../src/random/index.js";
import { untrained } from "./untrained.js";

const model = untrained();
afterAll(() => model.release());
const random = new Random(7, "sphere edit");
const picture = (count = 1) =>
  new Images(
    Float32Array.from({ length: count * 64 }, () => 2 * random.uniform() - 1),
    count,
    1,
    8,
    8,
  );
const close = (a: Images, b: Images) => a.pixels.forEach((x, i) => void expect(x).toBeCloseTo(b.pixels[i], 5));

test("projecting is reconstructing again and again", async () => {
  const x = picture(3);
  close(await project(model, x, { steps: 2 }), await model.reconstruct(await model.reconstruct(x)));
});

describe("variation", () => {
  test("of no angle is the reconstruction; more angle goes further", async () => {
    const x = picture(2);
    close(await vary(model, x, { angle: 0 }), await model.reconstruct(x));
    const at = await Promise.all([10, 40, 80].map((angle) => vary(model, x, { angle, seed: 3 })));
    const base = await model.reconstruct(x);
    const distance = (a: Images) => a.pixels.reduce((s, p, i) => s + (p - base.pixels[i]) ** 2, 0);
    expect(distance(at[0])).toBeGreaterThan(0);
    expect(distance(at[1])).toBeGreaterThan(distance(at[0]));
    close(await vary(model, x, { angle: 40, seed: 3 }), at[1]);
  });
  test("beyond a right angle is an error", async () => {
    await expect(vary(model, picture(), { angle: 120 })).rejects.toThrow(/\[0, 90\].*120/);
  });
});

test("a morph gives both networks the new class", async () => {
  const x = picture();
  const disc = await morph(model, x, { label: "disc", strength: 0 });
  const expected = await model.refine(x, { label: "disc", steps: 4, strength: 0 });
  close(disc, expected);
  expect((await morph(model, x, { label: "cross", strength: 0 })).pixels).not.toEqual(disc.pixels);
  await expect(morph(model, x, { label: "boot" })).rejects.toThrow(/no class "boot"/);
});

describe("crossover", () => {
  const [black, white] = [-1, 1].map((x) => new Images(new Float32Array(64).fill(x), 1, 1, 8, 8));
  const at = ({ pixels }: Images, y: number, x: number) => pixels[y * 8 + x];
  test("stitches along the edge that is asked for", () => {
    const corners = (split: Parameters<typeof stitch>[2]) => {
      const s = stitch(black, white, split);
      return [at(s, 0, 0), at(s, 0, 7), at(s, 7, 0), at(s, 7, 7)];
    };
    expect(corners("vertical")).toEqual([-1, 1, -1, 1]);
    expect(corners("horizontal")).toEqual([-1, -1, 1, 1]);
    expect(corners("diagonal")).toEqual([-1, -1, 1, -1]);
    expect(corners("antidiagonal")).toEqual([-1, -1, -1, 1]);
    const half = stitch(black, white, "diagonal").pixels.reduce((s, x) => s + (x > 0 ? 1 : 0), 0);
    expect(Math.abs(half - 32)).toBeLessThanOrEqual(4);
  });
  test("passes the composite through the model, without class", async () => {
    const [a, b] = [picture(), picture()];
    close(await crossover(model, a, b, { steps: 2, strength: 0 }), await project(model, stitch(a, b), { steps: 2 }));
  });
  test("errors", () => {
    expect(() => stitch(black, picture(2))).toThrow(/1×1×8×8 and 2×1×8×8/);
    expect(() => stitch(black, white, "star" as never)).toThrow(/"star"/);
  });
});

describe("inpainting", () => {
  const mask = Float32Array.from({ length: 64 }, (_, i) => (i % 8 >= 4 ? 1 : 0));
  test("known pixels come back exactly, unknown ones do not matter", async () => {
    const x = picture(2);
    const scribbled = new Images(
      x.pixels.map((p, i) => (i % 8 >= 4 ? -p : p)),
      2,
      1,
      8,
      8,
    );
    const [a, b] = [await inpaint(model, x, mask, { steps: 3 }), await inpaint(model, scribbled, mask, { steps: 3 })];
    expect(a.pixels).toEqual(b.pixels);
    a.pixels.forEach((p, i) => void (i % 8 < 4 && expect(p).toBe(x.pixels[i])));
    expect(a.pixels).not.toEqual(x.pixels);
  });
  test("a mask of its own for every picture", async () => {
    const x = picture(2);
    const own = new Float32Array(128);
    own.fill(1, 64);
    const { pixels } = await inpaint(model, x, own, { steps: 2 });
    expect(pixels.subarray(0, 64)).toEqual(x.pixels.subarray(0, 64));
    expect(pixels.subarray(64)).not.toEqual(x.pixels.subarray(64));
  });
  test("masks of another shape or content are errors", async () => {
    await expect(inpaint(model, picture(), new Float32Array(63))).rejects.toThrow(/8×8 = 64.*63/);
    await expect(inpaint(model, picture(), new Float32Array(64).fill(0.5))).rejects.toThrow(
      /0 \(known\) and 1 \(unknown\), got 0.5/,
    );
  });
});

describe("interpolation", () => {
  const frame = ({ pixels }: Images, i: number) => new Images(pixels.slice(i * 64, (i + 1) * 64), 1, 1, 8, 8);
  /** The point at so many radians from a on the great circle through b, both of norm 4. */
  const turned = (a: Float32Array, b: Float32Array, angle: number) => {
    const along = a.reduce((sum, x, i) => sum + x * b[i], 0) / 16;
    const across = b.map((x, i) => x - along * a[i]);
    const scale = 4 / Math.hypot(...across);
    return a.map((x, i) => Math.cos(angle) * x + Math.sin(angle) * scale * across[i]);
  };
  const latents = () => [0, 1].map(() => spherifyRows(random.normals(16), 16));
  test("begins and ends with the reconstructions", async () => {
    const [a, b] = [picture(), picture()];
    const images = await interpolate(model, a, b, { count: 5 });
    expect(images.count).toBe(5);
    close(frame(images, 0), await model.reconstruct(a));
    close(frame(images, 4), await model.reconstruct(b));
  });
  test("turns evenly from one to the other, and mixes the classes as evenly", async () => {
    const [a, b] = latents();
    const whole = angleBetween(a, b);
    expect(whole).toBeGreaterThan(1); // a straight line would be another way
    for (const labels of [undefined, ["disc", "cross"], ["cross", "disc"]] as const) {
      const images = await interpolate(model, a, b, { count: 5, labels });
      for (let i = 0; i < 5; i++) {
        const t = i / 4;
        const [disc, cross] = labels?.[0] === "disc" ? [1 - t, t] : [t, 1 - t];
        const classes = labels ? Float32Array.of(disc, cross, 0) : Float32Array.of(0, 0, 1);
        close(frame(images, i), await model.decode(turned(a, b, t * whole), { classes }));
      }
    }
  });
  test("further steps project each picture with its own mixture; guidance is passed on", async () => {
    const [a, b] = latents();
    const labels = ["disc", "cross"] as const;
    const options = { count: 3, labels, guidance: 3, guidanceAt: "decoder" } as const;
    const twice = await interpolate(model, a, b, { ...options, steps: 2 });
    const classes = Float32Array.of(1, 0, 0, 0.5, 0.5, 0, 0, 1, 0);
    const { guidance, guidanceAt } = options;
    const once = await interpolate(model, a, b, options);
    close(twice, await model.refine(once, { classes, strength: 0, guidance, guidanceAt }));
    const whole = angleBetween(a, b);
    const points = [0, 0.5, 1].flatMap((t) => Array.from(turned(a, b, t * whole)));
    close(once, await model.decode(Float32Array.from(points), { classes, guidance, guidanceAt }));
  });
  test("errors", async () => {
    await expect(interpolate(model, picture(), picture(), { count: 1 })).rejects.toThrow(/from 2, got 1/);
    await expect(interpolate(model, picture(2), picture())).rejects.toThrow(/One picture.*got 2/);
    await expect(interpolate(model, new Float32Array(3), picture())).rejects.toThrow(/16 numbers.*got 3/);
  });
});
