import { describe, expect, test } from "vitest";
import {
  capacityAngle,
  disturb,
  disturbRows,
  sigmaOf,
  spherify,
  spherifyRows,
} from "../../../src/methods/sphere/geometry.js";
import { angleBetween, slerp } from "../../../src/models/slerp.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { grad } from "../../../src/tensor/index.js";

const random = new Random(3, "sphere geometry");
const normals = (n: number) => Float64Array.from({ length: n }, () => random.normal());
const norm = (v: ArrayLike<number>) => Math.sqrt(Array.from(v).reduce((s, x) => s + x * x, 0));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, x, i) => s + x * b[i], 0);
const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => dot(a, b) / norm(a) / norm(b);
const DEGREES = 180 / Math.PI;

describe("projection", () => {
  test("1: the radius follows the root mean square", () => {
    for (const [m, expected] of [
      [1, 0.9999995],
      [0.01, 0.995037],
      [0.001, Math.SQRT1_2],
    ]) {
      const z = spherifyRows(normals(64), 64, 0).map((x) => x * m);
      expect(norm(spherifyRows(z, 64)) / 8).toBeCloseTo(expected, 6);
    }
    expect(Array.from(spherifyRows(new Float64Array(4), 4))).toEqual([0, 0, 0, 0]);
    expect(Array.from(spherifyRows(new Float64Array(4), 4, 0))).toEqual([0, 0, 0, 0]);
  });

  test("2: it is blind to length, odd, and leaves the sphere in place", () => {
    const z = normals(64);
    const f = spherifyRows(z, 64, 0);
    for (const [other, sign] of [
      [z.map((x) => 3.7 * x), 1],
      [z.map((x) => -x), -1],
      [f, 1],
    ] as const)
      spherifyRows(other, 64, 0).forEach((x, i) => void expect(x).toBeCloseTo(sign * f[i], 12));
    const soft = spherifyRows(z, 64);
    const scaled = z.map((x) => (0.1 * x) / Math.sqrt(dot(z, z) / 64));
    spherifyRows(scaled, 64).forEach((x, i) => void expect(Math.abs(x - soft[i])).toBeLessThan(2e-4));
  });

  test("3: the gradient is tangent, and is the projection's Jacobian", async () => {
    const [rows, length] = [3, 10];
    const z = Float32Array.from(normals(rows * length));
    const w = Float32Array.from(normals(rows * length));
    const program = compile({ z: [rows, length], w: [rows, length] }, ({ z, w }) => {
      const f = spherify(z, 0);
      return { f, g: grad(f.mul(w).sum(), [z])[0] };
    });
    const { f, g } = await program.run({ z, w });
    await program.release();
    for (let r = 0; r < rows; r++) {
      const row = (t: ArrayLike<number>) => Array.from(t).slice(r * length, (r + 1) * length);
      expect(Math.abs(dot(row(g), row(z)))).toBeLessThan(1e-5);
      const rms = norm(row(z)) / Math.sqrt(length);
      // (I − vvᵀ/L)/rms applied to w
      row(w).forEach((x, i) => {
        expect(row(g)[i]).toBeCloseTo((x - (row(f)[i] * dot(row(f), row(w))) / length) / rms, 5);
      });
    }
    // finite differences, in double precision
    const z64 = Float64Array.from(z.subarray(0, length));
    for (let i = 0; i < length; i++) {
      const at = (h: number) =>
        dot(
          spherifyRows(
            z64.map((x, k) => (k === i ? x + h : x)),
            length,
            0,
          ),
          w.subarray(0, length),
        );
      expect(g[i]).toBeCloseTo((at(1e-6) - at(-1e-6)) / 2e-6, 4);
    }
  });

  test("4: samples do not touch each other", async () => {
    const z = Float32Array.from(normals(5 * 12));
    const program = compile({ z: [5, 12] }, ({ z }) => ({ f: spherify(z) }));
    const { f } = await program.run({ z });
    await program.release();
    for (let r = 0; r < 5; r++)
      spherifyRows(z.slice(r * 12, (r + 1) * 12), 12).forEach((x, i) => void expect(f[r * 12 + i]).toBeCloseTo(x, 6));
  });
});

describe("noise", () => {
  test("5: the cosine after additive noise is that of the angle, with the predicted spread", () => {
    const [length, count] = [256, 4000];
    const v = spherifyRows(normals(length), length, 0);
    for (const angle of [15, 45, 60, 80, 85]) {
      const alpha = angle / DEGREES;
      const values = Array.from({ length: count }, () =>
        cosine(v, disturbRows(v, sigmaOf(angle), normals(length), length, "additive")),
      );
      const mean = values.reduce((a, b) => a + b) / count;
      const sd = Math.sqrt(values.reduce((s, x) => s + (x - mean) ** 2, 0) / count);
      expect(Math.abs(mean - Math.cos(alpha))).toBeLessThan(0.0035);
      const predicted = Math.sin(alpha) ** 2 * Math.cos(alpha) * Math.sqrt((Math.tan(alpha) ** 2 + 0.5) / length);
      expect(Math.abs(sd / predicted - 1)).toBeLessThan(0.06);
    }
  });

  const length = 64;
  const v = spherifyRows(normals(length), length, 0);
  const orthogonal = () => {
    const e = normals(length);
    const along = dot(e, v) / length;
    return spherifyRows(
      e.map((x, i) => x - along * v[i]),
      length,
      0,
    );
  };

  test("6: noise orthogonal to the latent turns it by exactly atan σ; a rotation by exactly its angle, whatever the noise", () => {
    for (const angle of [1, 30, 80]) {
      const turned = disturbRows(v, sigmaOf(angle), orthogonal(), length, "additive");
      expect(angleBetween(v, turned) * DEGREES).toBeCloseTo(angle, 4);
      const rotated = disturbRows(v, angle / DEGREES, normals(length), length, "rotation");
      expect(angleBetween(v, rotated) * DEGREES).toBeCloseTo(angle, 8);
      expect(norm(rotated)).toBeCloseTo(8, 8);
    }
    expect(angleBetween(v, disturbRows(v, Math.PI / 2, normals(length), length, "rotation")) * DEGREES).toBeCloseTo(
      90,
      8,
    );
  });

  test("7: light and heavy noise of one e lie on one great circle; of two they do not", () => {
    const e = normals(length);
    const [light, heavy] = [0.4, 3].map((s) => disturbRows(v, s, e, length, "additive"));
    const other = disturbRows(v, 3, normals(length), length, "additive");
    const excess = (far: Float64Array) =>
      (angleBetween(v, light) + angleBetween(light, far) - angleBetween(v, far)) * DEGREES;
    expect(Math.abs(excess(heavy))).toBeLessThan(1e-5); // ε of the projection
    expect(excess(other)).toBeGreaterThan(5);
  });

  test("8: more noise turns further, where it does not point back", () => {
    let e = normals(length);
    if (dot(e, v) < 0) e = e.map((x) => -x);
    const angles = Array.from({ length: 50 }, (_, i) =>
      angleBetween(v, disturbRows(v, 0.2 * i, e, length, "additive")),
    );
    angles.slice(1).forEach((angle, i) => void expect(angle).toBeGreaterThanOrEqual(angles[i]));
  });

  test.each(["additive", "rotation"] as const)("9: rows of strength zero pass to the bit (%s)", async (kind) => {
    const rows = Float32Array.from([...v, ...v]);
    const e = Float32Array.from(normals(2 * length));
    const program = compile({ v: [2, length], s: [2], e: [2, length] }, ({ v, s, e }) => ({
      out: disturb(v, s, e, kind),
    }));
    const { out } = await program.run({ v: rows, s: [0, 0.7], e });
    await program.release();
    expect(out.subarray(0, length)).toEqual(rows.subarray(0, length));
    disturbRows(rows.slice(length), 0.7, e.slice(length), length, kind).forEach(
      (x, i) => void expect(out[length + i]).toBeCloseTo(x, 5),
    );
    expect(disturbRows(v, 0, normals(length), length, kind)).toEqual(v);
  });

  test("angles out of range are errors", () => {
    expect(() => sigmaOf(90)).toThrow(/\[0, 90\).*90/);
    expect(() => sigmaOf(Number.NaN)).toThrow(/NaN/);
  });
});

test("the capacity angle of 60,000 images", () => {
  const expected: Record<number, number> = {
    16: 30.2,
    64: 57.4,
    128: 66.6,
    196: 71.0,
    256: 73.3,
    512: 78.2,
    2048: 84.1,
    65536: 88.8,
    131072: 89.3,
  };
  // The last two of the table are for other numbers of images
  for (const [length, angle] of Object.entries(expected))
    expect(Math.abs(capacityAngle(60_000, Number(length)) - angle)).toBeLessThan(Number(length) > 60_000 ? 0.5 : 0.06);
});

test("27: shared noise keeps successive latents together, fresh noise does not", () => {
  const [length, count] = [2048, 300];
  const sums = { shared: 0, fresh: 0, towards: 0 };
  for (let i = 0; i < count; i++) {
    const [z, next, e, other] = Array.from({ length: 4 }, () => spherifyRows(normals(length), length, 0));
    const turn = (from: Float64Array, noise: Float64Array) => disturbRows(from, sigmaOf(80), noise, length, "additive");
    sums.shared += cosine(turn(z, e), turn(next, e)) / count;
    sums.fresh += cosine(turn(z, e), turn(next, other)) / count;
    sums.towards += cosine(turn(z, e), e) / count;
  }
  expect(Math.abs(sums.shared - 0.97)).toBeLessThan(0.002);
  expect(Math.abs(sums.fresh)).toBeLessThan(0.005);
  expect(Math.abs(sums.towards - 0.985)).toBeLessThan(0.002);
});

describe("30: interpolation", () => {
  const length = 2048;
  const [a, b] = [0, 1].map(() => Float32Array.from(spherifyRows(normals(length), length, 0)));
  test("the great circle has exact ends, one radius, and an angle linear in t", () => {
    expect(slerp(a, b, 0)).toEqual(a);
    expect(slerp(a, b, 1)).toEqual(b);
    const whole = angleBetween(a, b);
    for (const t of [0.1, 0.25, 0.5, 0.9]) {
      const point = slerp(a, b, t);
      expect(norm(point) / Math.sqrt(length)).toBeCloseTo(1, 5);
      expect(angleBetween(a, point) / whole).toBeCloseTo(t, 5);
    }
    const middle = spherifyRows(
      a.map((x, i) => x + b[i]),
      length,
      0,
    );
    slerp(a, b, 0.5).forEach((x, i) => void expect(Math.abs(x - middle[i])).toBeLessThan(1e-5));
  });
  test("a straight line between Gaussians shrinks, and projected it lags behind", () => {
    const [x, y] = [normals(length), normals(length)];
    const line = (t: number) => x.map((value, i) => (1 - t) * value + t * y[i]);
    expect(norm(line(0.5)) / Math.sqrt(length)).toBeCloseTo(Math.SQRT1_2, 1);
    expect(angleBetween(x, spherifyRows(line(0.25), length)) / angleBetween(x, y)).toBeCloseTo(0.205, 2);
  });
  test("opposite points and unequal lengths are errors", () => {
    expect(() =>
      slerp(
        a,
        a.map((x) => -x),
        0.5,
      ),
    ).toThrow(/opposite/);
    expect(() => slerp(a, b.slice(1), 0.5)).toThrow(/2048 and 2047/);
  });
});
