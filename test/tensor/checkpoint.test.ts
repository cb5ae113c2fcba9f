import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { compile } from "../../src/runtime/index.js";
import { checkpoint, grad, jvp, type Tensor } from "../../src/tensor/index.js";

async function step(how: "checkpoint" | "plain") {
  const script = new URL("./fixtures/checkpoint.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, how], {
    maxBuffer: 1 << 28,
  });
  return JSON.parse(stdout) as { bytes: number; tensor: number; gradients: number[] };
}

test("checkpointed blocks give the same gradients from less than half of the memory", async () => {
  const [plain, saving] = [await step("plain"), await step("checkpoint")];
  expect(saving.gradients).toEqual(plain.gradients);
  expect(plain.bytes).toBeGreaterThan(40 * plain.tensor); // several tensors for each of 16 blocks
  expect(saving.bytes).toBeLessThan(plain.bytes / 2);
}, 180_000);

test("parameters, tensors from outside, other dtypes and checkpoints within are all differentiated", async () => {
  const build = (kept: (f: (...t: Tensor[]) => Tensor, ...xs: Tensor[]) => Tensor) =>
    compile({ x: [3, 2], w: [2, 2], i: { shape: [3], dtype: "int32" } }, ({ x, w, i }) => {
      const outside = w.exp(); // made before, used within
      const inner = (t: Tensor) => t.tanh().mul(t);
      const f = (t: Tensor, rows: Tensor) => kept(inner, t.matmul(outside)).add(w.gather(rows)).matmul(w).add(x);
      const y = kept(f, x.mul(2), i.sub(1));
      const along = jvp((t) => kept(inner, t), [x], [x.cos()])[1];
      const loss = y.square().sum().add(outside.sum()).add(along.sum());
      const first = grad(loss, [x, w]);
      return { loss, first, second: grad(first[0].mul(first[0]).sum(), [x, w]) };
    });
  const programs = [build((f, ...xs) => f(...xs)), build((f, ...xs) => checkpoint(f, ...xs))];
  const feeds = { x: [0.1, -0.4, 0.7, 0.2, -0.3, 0.5], w: [0.3, -0.2, 0.5, 0.1], i: [1, 2, 1] };
  const [plain, saving] = await Promise.all(programs.map((program) => program.run(feeds)));
  for (const name of ["loss", "first", "second"] as const)
    for (const [k, expected] of plain[name].entries())
      expect(Math.abs(saving[name][k] - expected), `${name} ${k}`).toBeLessThan(1e-5 * (1 + Math.abs(expected)));
  expect(Math.max(...plain.second.map(Math.abs))).toBeGreaterThan(1);
  for (const program of programs) await program.release();
});
