import { describe, expect, test } from "vitest";
import { compile } from "../../src/runtime/index.js";
import { grad, input, stack, type Tensor, topologicalOrder, vmap } from "../../src/tensor/index.js";
import goldenFile from "../goldens/ops/ops.json" with { type: "json" };
import { type Golden, opCases } from "./cases.js";

const goldens = goldenFile as unknown as Record<string, Golden>;

/** Two different slices of one input: the golden values, and the same in another order. */
const twice = (data: readonly number[]) => [...data, ...data.slice(1), data[0]];
const expectSame = (got: Float32Array, expected: Float32Array, what: string) => {
  expect(got.length, what).toBe(expected.length);
  const scale = expected.reduce((sum, v) => sum + Math.abs(v), 0) / Math.max(1, expected.length);
  const worst = expected.reduce((most, v, i) => Math.max(most, Math.abs(got[i] - v)), 0);
  expect(worst, what).toBeLessThanOrEqual(1e-5 * scale + 1e-6);
};

describe("vmap of an op and of its gradient is the op of every slice", () => {
  test.each(opCases.filter(({ name }) => !/^vmap/.test(name)).map((c) => [c.name, c] as const))(
    "%s",
    async (name, { build }) => {
      const { inputs: given, gradients } = goldens[name];
      const names = Object.keys(given);
      const wanted = Object.keys(gradients ?? {});
      const each = (slices: readonly Tensor[]): Tensor[] => {
        const one = Object.fromEntries(names.map((key, i) => [key, slices[i]]));
        const y = build(one);
        if (wanted.length === 0) return [y];
        return [
          y,
          ...grad(
            y.square().sum(),
            wanted.map((key) => one[key]),
          ),
        ];
      };
      const specs = Object.fromEntries(names.map((k) => [k, { ...given[k], shape: [2, ...given[k].shape] }]));
      const program = compile(specs, (inputs: Record<string, Tensor>) => {
        const whole = names.map((key) => inputs[key]);
        const at = (i: number) => each(whole.map((t) => t.slice(0, i, i + 1).squeeze(0)));
        const [first, second] = [at(0), at(1)];
        const mapped = vmap((...slices) => each(slices))(...whole);
        return { mapped, expected: first.map((t, i) => stack([t, second[i]])) };
      });
      const { mapped, expected } = await program.run(
        Object.fromEntries(names.map((key) => [key, twice(given[key].data)])),
      );
      expectSame(mapped, expected, name);
      await program.release();
    },
  );
});

test("what is closed over is shared, and every mix of mapped and shared inputs of an op is right", async () => {
  const program = compile({ x: [2, 3, 3], w: [3, 3], i: { shape: [2, 4], dtype: "int32" } }, ({ x, w, i }) => {
    const ways: ((s: Tensor, j: Tensor) => Tensor)[] = [
      (s) => s.matmul(w),
      (s) => w.matmul(s),
      (s) => w.sub(s.slice(0, 0, 1)),
      (s) => w.layerNorm({ scale: s.mean(0), bias: s.sum(1) }),
      (_, j) => w.gather(j),
      (s, j) => s.gather(j),
      (s) => stack([w, s]),
      (s) => w.reshape([1, 1, 3, 3]).conv2d(s.slice(0, 0, 2).slice(1, 0, 2).reshape([1, 1, 2, 2])),
      (s) => s.reshape([1, 1, 3, 3]).conv2d(w.reshape([1, 1, 3, 3]), { padding: 1 }),
      () => w,
    ];
    const slice = (t: Tensor, k: number) => t.slice(0, k, k + 1).squeeze(0);
    const byHand = (f: (typeof ways)[0]) => stack([0, 1].map((k) => f(slice(x, k), slice(i, k))));
    return { mapped: ways.map((f) => vmap(f)(x, i)), expected: ways.map(byHand) };
  });
  const { mapped, expected } = await program.run({
    x: Float32Array.from({ length: 18 }, (_, k) => Math.sin(k * k)),
    w: Float32Array.from({ length: 9 }, (_, k) => Math.cos(3 * k)),
    i: [0, 2, 1, 1, 2, 0, 0, 1],
  });
  expectSame(mapped, expected, "mixes");
  await program.release();
});

test("the graph does not grow with the number of slices", () => {
  const count = (n: number) => {
    const f = (s: Tensor) => s.unsqueeze(0).layerNorm().silu().softmax().sum();
    return topologicalOrder([vmap(f)(input("x", [n, 5]))]).length;
  };
  expect(count(64)).toBe(count(2));
});

test("wrong use is told", () => {
  const x = input("x", [3, 2]);
  expect(() => vmap((a, b) => a.add(b))(x, input("y", [2, 2]))).toThrow(/one first axis ≥ 1, got \[3, 2\], \[2, 2\]/);
  expect(() => vmap((a) => a)()).toThrow(/got none/);
  expect(() => vmap((() => 3) as never)(x)).toThrow(
    "vmap: what the function returns must be a tensor, got the number 3",
  );
  expect(() => vmap(x as never)).toThrow(/vmap: takes a function/);
});
