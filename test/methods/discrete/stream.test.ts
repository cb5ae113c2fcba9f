import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeKinds } from "../../../scripts/torture/kinds.js";
import type { StepDetail } from "../../../src/methods/discrete/model.js";
import { loadModel } from "../../../src/methods/load.js";

const root = mkdtempSync(join(tmpdir(), "stream-"));
beforeAll(() => writeKinds(root));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("texts can be read on the way: what is masked yet is a blank, as in a template", async () => {
  await using model = await loadModel(join(root, "discrete-tied"), { kind: "text", threads: 1 });
  let blanks = 0;
  // A batch of eight, filled up
  for await (const { step, steps, output, detail } of model.stream({ count: 6, steps: 4 })) {
    const { strings, tokens } = await output();
    const own = Array.from((detail as StepDetail).tokens.subarray(0, 36), (token) => " abcd_"[token]).join("");
    expect(strings).toEqual(Array.from({ length: 6 }, (_, i) => own.slice(6 * i, 6 * i + 6)));
    expect(tokens).toHaveLength(36);
    blanks += own.split("_").length - 1;
    if (step === steps) expect(own).not.toContain("_");
  }
  expect(blanks).toBeGreaterThan(0);
});

test("pictures can be seen on the way: what is masked yet is grey", async () => {
  await using model = await loadModel(join(root, "discrete-image"), { kind: "image", threads: 1 });
  let greys = 0;
  for await (const { output, detail } of model.stream({ steps: 4 })) {
    const levels = Array.from((detail as StepDetail).tokens, (token) => [-1, -1 / 3, 1 / 3, 1, 0][token]);
    const { pixels } = await output();
    for (const [i, level] of levels.entries()) expect(pixels[i]).toBeCloseTo(level, 6);
    greys += levels.filter((level) => level === 0).length;
  }
  expect(greys).toBeGreaterThan(0);
});
