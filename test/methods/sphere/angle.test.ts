import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Images } from "../../../src/media/images.js";
import { sphereEdits } from "../../../src/methods/sphere/edits.js";
import {
  angleBetween,
  disturb,
  disturbRows,
  interpolate,
  rebuilding,
  type SphereModel,
  type SphereWeights,
  sphereLoss,
  sphereNetwork,
  spherifyRows,
  vary,
} from "../../../src/methods/sphere/index.js";
import { optionInfos } from "../../../src/models/options.js";
import { countParameters, initialize } from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, type Tensor } from "../../../src/tensor/index.js";
import { untrained, untrainedShape } from "./untrained.js";

const random = new Random(9, "sphere angles");
const [LENGTH, DEGREES] = [16, 180 / Math.PI];
const once = async <K extends string>(build: () => Record<K, Tensor>) => {
  const program = compile({}, build, { threads: 1 });
  const values = await program.run({});
  await program.release();
  return values as Record<K, Float32Array>;
};

describe("4.4: oracles", () => {
  test("1: what is rebuilt gives way to what is matched within five degrees of the boundary", async () => {
    const { w } = await once(() => ({ w: rebuilding(constant([60, 65, 70, 75, 80]), 70) }));
    [0.999665, 0.982014, 0.5, 0.017986, 0.000335].forEach((x, i) => void expect(w[i]).toBeCloseTo(x, 6));
  });

  test("3: a turn by nothing is the latent, by 90° the noise where it is orthogonal; between them the angle is exact", () => {
    const [v, e] = [0, 1].map(() => new Float32Array(LENGTH));
    for (let i = 0; i < LENGTH; i++) (i % 2 === 0 ? v : e)[i] = Math.SQRT2;
    const turned = (degrees: number, noise = e) => disturbRows(v, degrees / DEGREES, noise, LENGTH, "rotation");
    expect(turned(0)).toEqual(v);
    turned(90).forEach((x, i) => void expect(x).toBeCloseTo(e[i], 6));
    for (const degrees of [5, 45, 85]) {
      const any = Float32Array.from(random.normals(LENGTH));
      expect(angleBetween(v, turned(degrees, any)) * DEGREES).toBeCloseTo(degrees, 3);
      expect(Math.hypot(...turned(degrees, any))).toBeCloseTo(4, 5);
    }
  });
});

const labels = constant(new Int32Array(4), [4], "int32");
const given = {
  images: constant(
    Float32Array.from({ length: 64 }, () => 2 * random.uniform() - 1),
    [4, 1, 4, 4],
  ),
  noise: constant(random.normals(64), [4, LENGTH]),
  heavy: constant([0, 0.5, 1.2, Math.PI / 2]),
  light: constant([0.1, 0, 0.3, 0.6]),
  labels: { encode: labels, heavy: labels, light: labels, again: labels },
};
const plain: SphereWeights = {
  ...{ reconstruction: 1, perceptual: 0, consistency: 0, consistencyPerceptual: 0, latent: 0, uniformity: 0 },
};
const identity = { encode: (x: Tensor) => x.flatten(1), decode: (v: Tensor) => v.reshape([-1, 1, 4, 4]) };
const turns = [0, 0.5, 1.2, Math.PI / 2];

describe("the objective", () => {
  test("7: without angle and regimes it is the plain denoising autoencoder's", async () => {
    const { all, own } = await once(() => {
      const v = given.images.flatten(1).rmsNorm({ epsilon: 1e-6 });
      const drawn = disturb(v, given.heavy, given.noise, "rotation").reshape([4, 1, 4, 4]);
      const error = drawn.sub(given.images).div(2);
      return {
        all: sphereLoss(identity, given, plain, { kind: "rotation", boundary: 1000 }).loss,
        own: error.abs().less(1).cast("float32").mul(error.square().div(2)).mean(),
      };
    });
    expect(all[0]).toBeGreaterThan(0.01);
    expect(all[0]).toBeCloseTo(own[0], 5);
  });

  test("beyond the boundary a latent is rebuilt by the weight of its angle, and no target follows", async () => {
    const { loss, rows } = await once(() => {
      const v = given.images.flatten(1).rmsNorm({ epsilon: 1e-6 });
      const drawn = disturb(v, given.heavy, given.noise, "rotation").reshape([4, 1, 4, 4]);
      const error = drawn.sub(given.images).div(2).abs();
      const each = error.minimum(1).mul(error.sub(error.minimum(1).div(2)));
      return {
        loss: sphereLoss(identity, given, plain, { kind: "rotation", boundary: 60 }).loss,
        rows: each.mean([1, 2, 3]),
      };
    });
    const w = turns.map((turn) => 1 / (1 + Math.exp((turn * DEGREES - 60) / 1.25)));
    expect(loss[0]).toBeCloseTo(rows.reduce((sum, x, i) => sum + x * w[i], 0) / 4, 6);
  });

  test.each(["additive", "rotation"] as const)("each decoding is told the angle of its latents: %s", async (kind) => {
    const told: Tensor[] = [];
    const decode = (v: Tensor, _: Tensor, angle?: Tensor) => {
      told.push(angle!);
      return identity.decode(v);
    };
    const weights = { ...plain, consistency: 1 };
    const { angles } = await once(() => {
      sphereLoss({ ...identity, decode }, given, weights, { kind });
      return { angles: told[0] };
    });
    const of = (strength: number) => DEGREES * (kind === "additive" ? Math.atan(strength) : strength);
    expect(angles).toHaveLength(8);
    [...turns, 0.1, 0, 0.3, 0.6].forEach((s, i) => void expect(angles[i]).toBeCloseTo(of(s), 3));
  });
});

const shape = { ...untrainedShape(), sampleAngle: 85 };
const model = untrained(shape);
const without = untrained();
afterAll(async () => void (await Promise.all([model.release(), without.release()])));
afterEach(() => void vi.restoreAllMocks());

/** The angle that each decoding is told, of one picture. */
function spy() {
  const through = vi.spyOn(model as unknown as { through: (...given: unknown[]) => Promise<Float32Array> }, "through");
  return () =>
    through.mock.calls.filter(([side]) => side === "decode").map(([, , , , angle]) => Number(angle as number));
}
const picture = new Images(
  Float32Array.from({ length: 64 }, () => 2 * random.uniform() - 1),
  1,
  1,
  8,
  8,
);

describe("a model with an angle", () => {
  test("has a network more, and only where it is asked for", () => {
    const [more, less] = [shape, untrainedShape()].map((one) => countParameters(sphereNetwork(one)));
    expect(more - less).toBe(64 * 8 + 8 + 8 * 8 + 8);
  });

  test("is told 85° of a random point, then the angle of each pass's noise", async () => {
    const told = spy();
    await model.sample({ count: 1, steps: 3 });
    expect(told()).toEqual([85, expect.closeTo(60, 9), expect.closeTo(60, 9)]);
    vi.restoreAllMocks();
    const others = spy();
    await model.sample({ count: 1, steps: 2, angle: 70, schedule: true });
    expect(others()).toEqual([70, expect.closeTo(Math.atan(Math.tan(Math.PI / 3) / 2) * DEGREES, 9)]);
  });

  test("is told 0° of pictures, and the angle of variations and of what lies between two", async () => {
    const told = spy();
    await model.reconstruct(picture);
    await model.decode(random.normals(LENGTH));
    await vary(model, picture, { angle: 30 });
    expect(told()).toEqual([0, 0, 30]);
    vi.restoreAllMocks();
    const through = vi.spyOn(model as unknown as { through: (...given: unknown[]) => unknown }, "through");
    const [a, b] = [0, 1].map(() => spherifyRows(random.normals(LENGTH), LENGTH));
    await interpolate(model, a, b, { count: 5 });
    const whole = angleBetween(a, b) * DEGREES;
    const angles = through.mock.calls[0][4] as Float32Array;
    [0, 0.25, 0.5, 0.25, 0].forEach((t, i) => void expect(angles[i]).toBeCloseTo(t * whole, 3));
  });

  test("draws by it: other angles are other pictures, each row's its own", async () => {
    const latent = spherifyRows(random.normals(LENGTH), LENGTH);
    const two = Float32Array.from([...latent, ...latent]);
    const label = "disc";
    const both = (await model.decode(two, { label, angle: Float32Array.of(0, 85) })).pixels;
    const alone = async (angle: number) => (await model.decode(latent, { label, angle })).pixels;
    for (const [at, angle] of [0, 85].entries())
      (await alone(angle)).forEach((x, i) => void expect(both[64 * at + i]).toBeCloseTo(x, 5));
    expect(await alone(0)).not.toEqual(await alone(85));
    const first = await model.sample({ count: 1, steps: 1, label }, { noise: two.slice(0, LENGTH) });
    first.pixels.forEach((x, i) => void expect(x).toBeCloseTo(both[64 + i], 4));
  });

  const wrong: [string, (of: SphereModel) => Promise<unknown>, RegExp][] = [
    ["an angle that is none", (of) => of.decode(new Float32Array(LENGTH), { angle: 91 }), /\[0, 90\] degrees, got 91/],
    ["no number", (of) => of.decode(new Float32Array(LENGTH), { angle: Number.NaN }), /got NaN/],
    [
      "angles of others",
      (of) => of.decode(new Float32Array(LENGTH), { angle: new Float32Array(2) }),
      /one number or 1, got 2/,
    ],
    ["a sample's angle", (of) => of.sample({ angle: -1 }), /angle must be a number in \[0, 90\], got -1/],
  ];
  test.each(wrong)("refuses %s", async (_, use, message) => {
    await expect(use(model)).rejects.toThrow(message);
  });

  test("one without refuses to be told any", async () => {
    expect(without.sampleAngle).toBeNull();
    await expect(without.decode(new Float32Array(LENGTH), { angle: 0 })).rejects.toThrow(/takes no "angle"/);
    await expect(without.sample({ angle: 85 })).rejects.toThrow(/takes no "angle"/);
  });

  test("latents that are decoded as an edit may tell their angle, where the decoder takes one", async () => {
    const latents = { values: random.normals(LENGTH), count: 1, size: LENGTH };
    const drawn = async (options: object) => ((await model.edits.decode.run({ latents }, options)) as Images).pixels;
    expect(await drawn({ angle: 60 })).toEqual((await model.decode(latents.values, { angle: 60 })).pixels);
    expect(await drawn({})).not.toEqual(await drawn({ angle: 60 }));
    expect("angle" in optionInfos(sphereEdits(untrainedShape()).decode.options)).toBe(false);
  });
});

test("transformers take the angle too, with classes and without", async () => {
  const body = {
    ...({ kind: "vit", patch: 4, channels: 2, width: 16, layers: 1, heads: 2, mixer: 1, head: "linear" } as const),
    ...({ encoderHead: "xavier", tokenNorm: true } as const),
  };
  for (const classes of [0, 2]) {
    const net = sphereNetwork({ ...shape, classes, body });
    const parameters = initialize(net, 2);
    for (const { name, offset, size } of parameters.entries) // which adaLN starts without
      if (/modulation|head/.test(name))
        parameters.flat.set(
          random.normals(size).map((x) => 0.2 * x),
          offset,
        );
    const { a, b } = await once(() => {
      const [v, c] = [constant(random.normals(8), [1, 8]), constant(new Int32Array(1).fill(classes), [1], "int32")];
      return { a: net.decode(v, c, constant([0])), b: net.decode(v, c, constant([85])) };
    });
    expect(a).not.toEqual(b);
    expect(a.every(Number.isFinite)).toBe(true);
  }
});
