import { expect, test } from "vitest";
import {
  aboutAxis,
  between,
  dot,
  type EulerOrder,
  fromEuler,
  fromMatrix,
  fromSix,
  inverse,
  type Matrix,
  multiply,
  normalize,
  type Quaternion,
  rotate,
  slerp,
  toEuler,
  toMatrix,
  toSix,
  type Vector,
  yaw,
} from "../../src/motion/rotations.js";
import { Random } from "../../src/random/index.js";
import { apart, furthest, golden, randomRotation, randomVector } from "./fixtures.js";

const values = golden.rotations;
const ORDERS: EulerOrder[] = ["XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX"];
const many = Array.from({ length: 50 }, (_, i) => new Random(i));

test("products, turned vectors, matrices and six numbers are SciPy's", () => {
  expect(furthest(multiply(values.a, values.b), values.product)).toBeLessThan(1e-7);
  expect(furthest(rotate(values.a, values.vector), values.turned)).toBeLessThan(1e-7);
  expect(furthest(toMatrix(values.a), values.matrix)).toBeLessThan(1e-7);
  expect(apart(fromMatrix(values.matrix), values.a)).toBeLessThan(1e-6);
  expect(furthest(toSix(values.a), values.columns)).toBeLessThan(1e-7);
  expect(apart(fromSix(values.six), values.fromSix)).toBeLessThan(1e-6);
});

test("Euler angles of every order are SciPy's, there and back", () => {
  for (const order of ORDERS) {
    expect(apart(fromEuler(order, values.angles), values.euler[order])).toBeLessThan(1e-7);
    expect(furthest(toEuler(order, values.euler[order]), values.angles)).toBeLessThan(1e-5);
  }
});

test("Euler angles lead back to the rotation where two axes fall together", () => {
  for (const order of ORDERS)
    for (const middle of [90, -90, 89.9999, -89.999999]) {
      const q = fromEuler(order, [25, middle, -60]);
      const angles = toEuler(order, q);
      expect(apart(fromEuler(order, angles), q)).toBeLessThan(1e-7);
      if (Math.abs(middle) === 90) expect(angles[2]).toBe(0);
    }
});

test("an order of turns has every axis once", () => {
  for (const order of ["ZXX", "XY", "XYZX", "zxy"])
    expect(() => fromEuler(order as EulerOrder, [0, 0, 0])).toThrow(`"${order}" is no order of turns`);
});

test("slerp goes the shorter way at a steady pace", () => {
  for (const [i, share] of [0, 0.3, 1].entries())
    expect(apart(slerp(values.a, values.b, share), values.slerp[i])).toBeLessThan(1e-7);
  for (const random of many) {
    const [a, b] = [randomRotation(random), randomRotation(random)];
    const whole = apart(a, b);
    expect(whole).toBeLessThanOrEqual(Math.PI + 1e-9);
    expect(apart(a, slerp(a, b, 0.25))).toBeCloseTo(0.25 * whole, 10);
    expect(apart(slerp(a, b, 0.25), b)).toBeCloseTo(0.75 * whole, 10);
    const near = multiply(a, aboutAxis([1, 2, 3], 1e-8));
    expect(apart(a, slerp(a, near, 0.5))).toBeCloseTo(0.5e-8, 12);
  }
});

test("a rotation and its inverse undo each other", () => {
  for (const random of many) {
    const [q, v] = [randomRotation(random), randomVector(random)];
    expect(furthest(rotate(inverse(q), rotate(q, v)), v)).toBeLessThan(1e-12);
    const doubled = q.map((part) => 2 * part) as Quaternion;
    expect(furthest(inverse(doubled), inverse(q))).toBeLessThan(1e-12);
  }
});

test("a positive turn about the upward axis leads from forward to the left", () => {
  expect(furthest(rotate(yaw(Math.PI / 2), [0, 0, 1]), [1, 0, 0])).toBeLessThan(1e-12);
  expect(furthest(yaw(0.4), aboutAxis([0, 3, 0], 0.4))).toBeLessThan(1e-12);
});

test("the rotation between two directions is the shortest, whatever their lengths", () => {
  for (const random of many) {
    const [a, b] = [randomVector(random), randomVector(random)];
    const q = between(a, b);
    const cosine = dot(a, b) / Math.hypot(...a) / Math.hypot(...b);
    expect(
      furthest(
        rotate(q, a),
        b.map((part) => (part * Math.hypot(...a)) / Math.hypot(...b)),
      ),
    ).toBeLessThan(1e-12);
    expect(apart(q, [0, 0, 0, 1])).toBeCloseTo(Math.acos(cosine), 6);
    const back = a.map((part) => -3 * part) as Vector;
    expect(
      furthest(
        rotate(between(a, back), a),
        back.map((part) => part / 3),
      ),
    ).toBeLessThan(1e-12);
  }
  for (const axis of [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ] as Vector[])
    expect(
      furthest(
        rotate(between(axis, axis.map((part) => -part) as Vector), axis),
        axis.map((part) => -part),
      ),
    ).toBeLessThan(1e-12);
  expect(between([0, 0, 0], [1, 0, 0])).toEqual([0, 0, 0, 1]);
});

test("any six numbers give an orthonormal rotation, whatever the first's length and the second's share along it", () => {
  for (const random of many) {
    const six = [...randomVector(random), ...randomVector(random)];
    const m = toMatrix(fromSix(six));
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const product = m[i] * m[j] + m[3 + i] * m[3 + j] + m[6 + i] * m[6 + j];
        expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    const [a, b, c, d, e, f, g, h, i] = m;
    expect(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).toBeCloseTo(1, 12);
    const other = six.map((value, at) => (at < 3 ? 4 * value : value - 2 * six[at - 3]));
    expect(apart(fromSix(other), fromSix(six))).toBeLessThan(1e-7);
    const q = randomRotation(random);
    expect(apart(fromSix(toSix(q)), q)).toBeLessThan(1e-7);
    expect(furthest(toMatrix(fromMatrix(toMatrix(q))), toMatrix(q))).toBeLessThan(1e-12);
  }
});

test("columns, not rows: the six numbers of the inverse are rows of the matrix", () => {
  const q = randomRotation(many[0]);
  const m = toMatrix(q);
  expect(furthest(toSix(inverse(q)), [m[0], m[1], m[2], m[3], m[4], m[5]])).toBeLessThan(1e-12);
});

test("six numbers without a length give a rotation all the same", () => {
  for (const six of [
    [0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 1, 0],
    [0, 2, 0, 0, 5, 0],
    [1, 1, 1, -1, -1, -1],
    [0, 0, 0, 3, 0, 0],
  ])
    expect(Math.hypot(...fromSix(six))).toBeCloseTo(1, 12);
});

test("half turns survive their matrices", () => {
  for (const axis of [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 1, 0],
  ] as Vector[]) {
    const q = aboutAxis(axis, Math.PI);
    expect(apart(fromMatrix(toMatrix(q) as Matrix), q)).toBeLessThan(1e-7);
  }
});

test("what is no rotation is refused with its numbers", () => {
  expect(() => normalize([0, 0, 0, 0])).toThrow("(0, 0, 0, 0) is no rotation");
  expect(() => normalize([Number.NaN, 0, 0, 1])).toThrow("is no rotation");
  expect(() => inverse([0, 0, 0, 0])).toThrow("is no rotation");
  expect(() => aboutAxis([0, 0, 0], 1)).toThrow("(0, 0, 0) is no axis");
});
