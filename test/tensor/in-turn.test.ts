import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { compile } from "../../src/runtime/index.js";
import { constant, grad, inTurn, type Tensor } from "../../src/tensor/index.js";

const feeds = {
  x: Array.from({ length: 15 }, (_, i) => Math.sin(i)),
  w: [0.3, -0.2, 0.5, 0.1, 0.4, -0.6],
  shift: [0.1, 0.2, 0.3, 0.4, 0.5],
  i: [1, 0, 1, 1, 0],
};
const values = (parts: number) =>
  compile(
    { x: [5, 3], w: [3, 2], shift: [5], i: { shape: [5], dtype: "int32" } },
    ({ x, w, shift, i }) => {
      const outside = w.exp();
      const h = x.tanh().mul(w.sum()); // made of what f uses, too
      const f = (part: Tensor, from: number, to: number) => {
        const logits = part.matmul(outside).mul(shift.slice(0, from, to).unsqueeze(-1));
        return logits
          .logSoftmax(-1)
          .gatherElements(i.slice(0, from, to).unsqueeze(-1), -1)
          .sum();
      };
      const loss = inTurn(f, h, { axis: 0, parts }).mul(2).add(h.square().sum());
      return { loss, gradients: grad(loss, [x, w, shift]) };
    },
    { threads: 1 },
  );

test("a sum over parts and its gradients are those of one go", async () => {
  const whole = values(1);
  const wanted = await whole.run(feeds);
  expect(Math.min(...wanted.gradients.map(Math.abs))).toBeGreaterThan(1e-4);
  for (const parts of [2, 3, 5]) {
    const program = values(parts);
    const found = await program.run(feeds);
    for (const name of ["loss", "gradients"] as const)
      for (const [k, value] of wanted[name].entries()) expect(Math.abs(found[name][k] - value)).toBeLessThan(1e-5);
    await program.release();
  }
  await whole.release();
});

test("second derivatives are those of the sum, and what is infinite in one part stays in it", async () => {
  const build = (parts: number) =>
    compile(
      { x: [4, 2], w: [2] },
      ({ x, w }) => {
        const f = (part: Tensor) => part.mul(w).sin().mul(part).sum();
        const loss = inTurn(f, x, { axis: -2, parts });
        const slope = grad(loss, [x, w]);
        const second = grad(slope[0].square().sum().add(slope[1].sum()), [x, w]);
        const root = inTurn((part) => part.maximum(0).sqrt().sum(), x, { axis: 0, parts });
        return { second, root, steep: grad(root, [x]) };
      },
      { threads: 1 },
    );
  const given = { x: [0, 0.4, 0.7, 0.2, 0.3, 0.5, 0.9, 1.1], w: [1.5, -0.7] };
  const [whole, parts] = [build(1), build(3)];
  const [wanted, found] = [await whole.run(given), await parts.run(given)];
  expect(Math.max(...wanted.second.map(Math.abs))).toBeGreaterThan(1);
  for (const [k, value] of wanted.second.entries()) expect(Math.abs(found.second[k] - value)).toBeLessThan(1e-4);
  expect(Math.abs(found.root[0] - wanted.root[0])).toBeLessThan(1e-5);
  expect(wanted.steep.filter((value) => !Number.isFinite(value))).toHaveLength(1);
  for (const [k, value] of wanted.steep.entries())
    if (Number.isFinite(value)) expect(Math.abs(found.steep[k] - value)).toBeLessThan(1e-4);
  await Promise.all([whole.release(), parts.release()]);
});

test("a part that needs nothing, and losses of any shape of one number, are parts like others", async () => {
  const program = compile({ x: [4, 3] }, ({ x }) => {
    const f = (part: Tensor, from: number) => (from === 0 ? constant([2], [1, 1, 1]) : part.sum().reshape([1, 1, 1]));
    const loss = inTurn(f, x, { axis: 0, parts: 2 });
    return { loss, gradients: grad(loss, [x]) };
  });
  const { loss, gradients } = await program.run({ x: new Float32Array(12).fill(1) });
  expect([...loss]).toEqual([8]);
  expect([...gradients]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  await program.release();
});

test("wrong use is a sentence", () => {
  const x = constant([1, 2, 3, 4], [2, 2]);
  for (const parts of [0, 1.5, 3])
    expect(() => inTurn((t) => t.sum(), x, { axis: 0, parts })).toThrow(
      `parts are 1 to 2, the length of axis 0; got ${parts}`,
    );
  expect(() => inTurn((t) => t, x, { axis: 0, parts: 2 })).toThrow("a scalar for each part");
});

async function step(parts: number) {
  const script = new URL("./fixtures/in-turn.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, String(parts)]);
  return JSON.parse(stdout) as { bytes: number; logits: number; loss: number };
}

test("what a part needs on the way is there for one at a time", async () => {
  const [whole, parts] = [await step(1), await step(8)];
  expect(Math.abs(parts.loss - whole.loss)).toBeLessThan(1e-4);
  expect(whole.bytes).toBeGreaterThan(2 * whole.logits);
  expect(parts.bytes).toBeLessThan(whole.bytes / 2);
}, 180_000);
