import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { type DyadicSettings, trainDyadic } from "../../../src/methods/dyadic/index.js";
import { presets } from "../../../src/methods/dyadic/settings.js";
import { mirrorGesture } from "../../../src/methods/dyadic/windows.js";
import { loadModel } from "../../../src/methods/load.js";
import { dialogue, dialogues, micro } from "./made.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-dyadic-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const train = (run: string, settings: DyadicSettings) =>
  trainDyadic(dialogues(), settings, {
    out: join(root, run),
    device: "cpu",
    threads: 1,
    sampleEvery: 0,
    onProgress: () => {},
  });
const losses = (run: string, stage: string): number[] =>
  readFileSync(join(root, run, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
    .flatMap((row) => (row.stage === stage ? [row.loss] : []));
const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;

test("both stages learn, and the model is found again and draws", async () => {
  await train("whole", micro);
  const tokenizer = losses("whole", "tokenizer");
  expect(mean(tokenizer.slice(-5))).toBeLessThan(0.8 * mean(tokenizer.slice(0, 3)));
  const [first, ...others] = losses("whole", "dyadic");
  expect(first).toBeGreaterThan(0.8);
  expect(first).toBeLessThan(1.2);
  expect(mean(others.slice(-8))).toBeLessThan(0.95);
  const model = await loadModel(join(root, "whole"), { kind: "gesture", device: "cpu", threads: 1 });
  const { dialogues: drawn } = await model.sample({ steps: 2 }, { dialogues: [dialogue("test")] });
  expect(drawn[0].map(({ frames }) => frames)).toEqual([64, 64]);
  await model.release();
});

test.each(["flow", "drift"] as const)("%s trains too", async (objective) => {
  const steps = 2;
  const { tokenizer, training } = micro;
  await train(objective, {
    ...micro,
    tokenizer: { ...tokenizer, steps },
    training: { ...training, objective, steps, diffuse: "continuous" },
  });
  expect(losses(objective, "dyadic").every(Number.isFinite)).toBe(true);
});

test("the preset small is what the shipped model was trained by, as its card says; paper predicts noise as DyaDiT does", () => {
  const shipped = (file: string) => readFileSync(join("models/talk", file), "utf8");
  expect(presets.small).toEqual(JSON.parse(shipped("config.json")).training.settings);
  expect(shipped("README.md")).toContain(
    "`fewstep train dyadic --data conversations --preset small --threads 1 --name talk --out runs/talk`",
  );
  expect(presets.paper.training.objective).toBe("ddpm");
});

test("a mirrored gesture's mirror is the gesture", () => {
  const rows = dialogue("m", 2).people[0].gesture!;
  expect(mirrorGesture(mirrorGesture(rows))).toEqual(rows.map((x) => x + 0));
  expect(mirrorGesture(rows)).not.toEqual(rows);
});
