import { describe, expect, test } from "vitest";
import { Random } from "../../src/core.js";
import { type InputSpec, traced } from "../../src/runtime/compile.js";
import { execute } from "../../src/runtime/executor.js";
import { lower } from "../../src/runtime/lower.js";
import { simplify } from "../../src/runtime/passes/index.js";
import { rewrite } from "../../src/runtime/passes/rewrite.js";
import { transposesApart } from "../../src/runtime/passes/transposes-apart.js";
import { grad, type Tensor, topologicalOrder } from "../../src/tensor/index.js";

type Build = (inputs: Record<string, Tensor>) => Tensor[];

/** Values of a graph on random numbers, with and without the passes, and its outputs before and after them. */
async function bothWays(specs: Record<string, InputSpec>, build: Build) {
  const { inputs, results } = traced(specs, (given) => ({ all: build(given) }));
  const outputs = results.all.map((tensor, i) => ({ name: `output ${i}`, tensor }));
  const random = new Random(1);
  const feeds = Object.fromEntries(
    inputs.map(({ attributes: { name }, dtype, shape, size }) => {
      const numbers = random.normals(size).map((v) => (dtype === "float32" ? v : Math.round(Math.abs(v))));
      return [name, { dtype, shape, data: dtype === "int32" ? Int32Array.from(numbers) : numbers }];
    }),
  );
  const run = async (simplified: boolean) => {
    const { bytes } = lower(inputs, outputs, { simplified });
    const shapes = outputs.map(({ name, tensor: { shape } }) => ({ name, shape }));
    const executor = await execute({ bytes, outputs: shapes, threads: 1 });
    const values = await executor.run(feeds);
    await executor.release();
    return values;
  };
  const before = results.all;
  return { plain: await run(false), passed: await run(true), before, after: simplify(before) };
}

/** Differences are of the size of float32's rounding: 10⁻⁵ of the whole. */
function expectRounding(got: Record<string, Float32Array>, expected: Record<string, Float32Array>) {
  for (const [name, values] of Object.entries(expected)) {
    const size = Math.hypot(...values);
    expect(size, name).toBeGreaterThan(0);
    expect(Math.hypot(...values.map((v, i) => v - got[name][i])) / size, name).toBeLessThan(1e-5);
  }
}

const inOrder = (roots: readonly Tensor[]) => topologicalOrder(roots).map(({ op }) => op.name);
/** Products whose left factor is a transposition that the runtime would fold into them. */
const folded = (roots: readonly Tensor[]) =>
  topologicalOrder(roots).filter(({ op, inputs }) => op.name === "MatMul" && inputs[0].op.name === "Transpose").length;

describe("transposes apart", () => {
  test("the gradient of a weight that many rows share is made with its transposition apart", async () => {
    const { plain, passed, before, after } = await bothWays(
      { x: [4, 256, 48], w: [48, 64], v: [48, 32] },
      ({ x, w, v }) => {
        const rows = x.reshape([-1, 48]);
        const loss = rows.matmul(w).tanh().square().mean().add(rows.matmul(v).sin().mean());
        return [loss, ...grad(loss, [w, v])];
      },
    );
    expect(folded(before)).toBe(2);
    expect(folded(after)).toBe(0);
    expectRounding(passed, plain);
  });

  test("so are second derivatives", async () => {
    const { plain, passed, before, after } = await bothWays({ x: [1024, 8], w: [8, 8] }, ({ x, w }) => {
      const [slope] = grad(x.matmul(w).tanh().square().mean(), [w]);
      return grad(slope.square().sum(), [w, x]);
    });
    expect(folded(before)).toBeGreaterThan(folded(after));
    expect(folded(after)).toBe(0);
    expectRounding(passed, plain);
  });

  test.each([
    ["few rows", [1023, 8], [1023, 4]],
    ["many columns", [1024, 513], [1024, 4]],
    ["batches", [2, 1024, 8], [2, 1024, 4]],
  ])("%s: left to the runtime", (_, a, b) => {
    const { results } = traced({ a, b }, ({ a, b }) => ({ y: a.T.matmul(b) }));
    expect(rewrite([results.y], transposesApart)).toEqual([results.y]);
  });
});

describe("rewrite", () => {
  test("nodes stay in their order, also those that do not depend on what has changed", () => {
    const { results } = traced({ x: [3] }, ({ x }) => {
      const [a, b] = [x.exp(), x.sin()];
      return { y: a.neg().add(b.cos()) };
    });
    const [y] = rewrite([results.y], (node) => (node.op.name === "Exp" ? node.inputs[0].tanh() : node));
    expect(inOrder([results.y])).toEqual(["Input", "Exp", "Sin", "Neg", "Cos", "Add"]);
    expect(inOrder([y])).toEqual(["Input", "Tanh", "Sin", "Neg", "Cos", "Add"]);
  });

  test("a graph that nothing changes in stays what it is", async () => {
    const specs = { x: [2, 0, 3], k: { shape: [2], dtype: "int32" as const } };
    const { plain, passed, before, after } = await bothWays(specs, ({ x, k }) => [
      x.exp(),
      k.add(1),
      k.greater(0),
      x.sum(),
    ]);
    after.forEach((tensor, i) => {
      expect(tensor).toBe(before[i]);
    });
    expect(passed).toEqual(plain);
  });
});
