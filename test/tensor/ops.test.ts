import { describe, expect, test } from "vitest";
import { compile } from "../../src/runtime/index.js";
import { constant, grad, opRegistry, type Tensor, topologicalOrder } from "../../src/tensor/index.js";
import goldenFile from "../goldens/ops/ops.json" with { type: "json" };
import { type Golden, type OpCase, opCases } from "./cases.js";

const goldens = goldenFile as unknown as Record<string, Golden>;
const appears = { inValue: new Set<string>(), inGradient: new Set<string>() };

/** The case's value and, where gradients flow, those of Σ output·cotangent towards its float inputs. */
function compileCase({ name, build }: OpCase) {
  const golden = goldens[name];
  const wanted = Object.keys(golden.gradients ?? {});
  const shapes: number[][] = [];
  const program = compile(golden.inputs, (inputs: Record<string, Tensor>): Record<string, Tensor | Tensor[]> => {
    const output = build(inputs);
    for (const node of topologicalOrder([output])) appears.inValue.add(node.op.name);
    shapes.push([...output.shape]);
    if (!golden.cotangent) return { output };
    const seed = constant(golden.cotangent, output.shape);
    const gradients = grad(
      output,
      wanted.map((key) => inputs[key]),
      seed,
    );
    for (const node of topologicalOrder(gradients)) appears.inGradient.add(node.op.name);
    return { output, gradients };
  });
  const feeds = Object.fromEntries(Object.entries(golden.inputs).map(([key, { data }]) => [key, data]));
  return { golden, wanted, program, feeds, shape: shapes[0] };
}

/** |got − expected| ≤ tolerance·(|expected| + the mean magnitude of all expected), in the worst entry. */
function expectClose(got: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string): void {
  expect(got.length, what).toBe(expected.length);
  const scale = expected.reduce((sum, v) => sum + Math.abs(v), 0) / Math.max(1, expected.length);
  expected.forEach((v, i) => {
    const error = Math.abs(got[i] - v) / (Math.abs(v) + scale || 1);
    if (!(error <= tolerance))
      expect.fail(`${what}[${i}] is ${got[i]}, expected ${v} (relative error ${error.toExponential(1)})`);
  });
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
};

describe("values and gradients agree with PyTorch in float64 and with finite differences", () => {
  test.each(opCases.map((c) => [c.name, c] as const))("%s", async (name, opCase) => {
    expect(goldens, `add "${name}" to goldens/ops/make_ops.py`).toHaveProperty([name]);
    const { golden, wanted, program, feeds, shape } = compileCase(opCase);
    expect(shape).toEqual(golden.shape);
    const { output, gradients: flat } = await program.run(feeds);
    const gradients = flat?.slice();
    const tolerance = name.includes("far from") || name.includes("large mean") ? 1e-4 : 1e-5;
    expectClose(output, golden.output, tolerance, "output");
    let at = 0;
    for (const key of wanted) {
      const expected = golden.gradients![key];
      const found = gradients.slice(at, (at += expected.length));
      expectClose(found, expected, tolerance, `gradient of ${key}`);
      if (opCase.finiteDifferences === false) continue;
      // (L(x + h·u) − L(x − h·u))/2h = ⟨gradient, u⟩ along a fixed direction of both signs
      const direction = expected.map((_, i) => Math.cos(1 + 2.4 * i));
      const h = 2e-3 * Math.max(1, ...golden.inputs[key].data.map((v) => Math.abs(v) / 10));
      const lossAt = async (t: number) => {
        const moved = Float32Array.from(golden.inputs[key].data, (v, i) => v + t * direction[i]);
        return dot((await program.run({ ...feeds, [key]: moved })).output, golden.cotangent!);
      };
      const slope = ((await lossAt(h)) - (await lossAt(-h))) / (2 * h);
      const size = Math.sqrt(dot(found, found) * dot(direction, direction)) / Math.sqrt(found.length);
      expect(Math.abs(slope - dot(found, direction)), `finite difference along ${key}`).toBeLessThan(
        1e-2 * size + 1e-3,
      );
    }
    await program.release();
  });

  test("every golden has a case", () => {
    expect(Object.keys(goldens).filter((name) => !opCases.some((c) => c.name === name))).toEqual([]);
  });

  test("every registered op has a case", () => {
    const missing = [...opRegistry.values()].filter(
      ({ name, grad: differentiable }) =>
        !appears.inValue.has(name) && (differentiable || !appears.inGradient.has(name)),
    );
    expect(missing.map((op) => op.name)).toEqual([]);
  });
});
