import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { loadModel } from "../../src/methods/load.js";
import { compile, type Program } from "../../src/runtime/index.js";
import type { Tensor } from "../../src/tensor/index.js";

const root = mkdtempSync(join(tmpdir(), "release-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("await using releases a program and a model at the end of the block", async () => {
  await writeKinds(root);
  let released = 0;
  let program: Program<"x", { y: Tensor }> | undefined;
  {
    await using own = compile({ x: [2] }, ({ x }) => ({ y: x.mul(2) }), { device: "cpu", worker: true });
    program = own;
    const { release } = own;
    own.release = async () => {
      released++;
      await release();
    };
    expect((await own.run({ x: [1, 2] })).y).toEqual(Float32Array.of(2, 4));
    await using model = await loadModel(join(root, "drifting"), { device: "cpu" });
    const ofModel = model.release.bind(model);
    model.release = async () => {
      released++;
      await ofModel();
    };
    await model.sample();
  }
  expect(released).toBe(2);
  await program.release(); // again is harmless
});

test("every model can be disposed of", async () => {
  for (const name of ["drifting", "sphere-conv", "flow-pixel", "discrete-text", "discrete-image"]) {
    const model = await loadModel(join(root, name));
    expect(typeof model[Symbol.asyncDispose], name).toBe("function");
    await model[Symbol.asyncDispose]();
  }
});

test.skipIf(process.platform !== "linux")(
  "twenty released models in workers leave no descriptor and no thread",
  async () => {
    const script = new URL("./fixtures/worker-models.mjs", import.meta.url).pathname;
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(root, "drifting"), "20"]);
    const counts: { during: [number, number]; after: [number, number] }[] = JSON.parse(stdout);
    expect(counts).toHaveLength(20);
    const [first, last] = [counts[0], counts.at(-1)!];
    expect(first.during[1]).toBeGreaterThan(first.after[1]); // a worker's thread is seen, so that this can fail
    expect(last.after[0]).toBeLessThan(first.after[0] + 4); // one leaked worker holds as many
    expect(last.after[1]).toBeLessThan(first.after[1] + 4);
  },
);
