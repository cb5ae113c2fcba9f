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
