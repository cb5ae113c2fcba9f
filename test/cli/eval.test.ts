import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { resolveDataset } from "../../src/data/index.js";
import { decodeImage } from "../../src/io/index.js";
import { presets } from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import { writeUntrainedDrifting, writeUntrainedFlow } from "../methods/fixtures/untrained.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-eval-"));
const [model, flow, judge] = [join(root, "model"), join(root, "flow"), join(root, "judge")];
const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const data = path("../fixtures/fashion-mnist");

beforeAll(async () => {
  const dataset = await resolveDataset(data);
  await writeUntrainedDrifting(model, dataset);
  await writeUntrainedFlow(flow, dataset);
  const settings = {
    ...presets.tiny,
    widths: [8, 8, 8] as [number, number, number],
    features: 8,
    batch: 40,
    steps: 20,
  };
  await trainClassifier(dataset, settings, { out: judge, name: "judge", threads: 1 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs `fewstep eval` on the untrained one-step model. */
const run = (...args: string[]) => evaluate(model, ...args);

function evaluate(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [path("../../dist/cli/main.js"), "eval", ...args]);
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (errors += text));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output, errors })));
}

const evaluation = z.strictObject({
  model: z.literal("untrained"),
  data: z.literal("fashion-mnist"),
  count: z.literal(100),
  nfe: z.number().int().min(1),
  seed: z.number().int(),
  metrics: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        value: z.number(),
        floor: z.number(),
        interval: z.tuple([z.number(), z.number()]).nullable(),
        features: z.string().min(1),
        n: z.literal(100),
        reference: z.string().min(1),
      }),
    )
    .nonempty(),
});

test("--json prints one document of metrics with floors and intervals, and --neighbours a sheet", async () => {
  const sheet = join(root, "sheets", "neighbours.png");
  const args = ["--data", data, "--features", judge, "--count", "100", "--seed", "3", "--neighbours", sheet, "--json"];
  const { code, output, errors } = await run(...args);
  expect(code, errors).toBe(0);
  const { nfe, seed, metrics } = evaluation.parse(JSON.parse(output));
  expect([nfe, seed]).toEqual([1, 3]);
  expect(new Set(metrics.map(({ features }) => features))).toEqual(
    new Set(["judge", "pixel PCA 64", "classifier-mnist", "judge, pixel PCA 64, classifier-mnist", "pixels"]),
  );
  expect(metrics.filter(({ interval }) => interval === null).map(({ value }) => value > 0)).toEqual([true]); // FDr
  expect(metrics[0].name).toBe("Fréchet distance on judge");
  expect(metrics[0].value).toBeGreaterThan(metrics[0].floor);
  expect(metrics.map(({ name }) => name)).toContain("Accuracy of the classifier of judge");
  const picture = await decodeImage(sheet);
  expect([picture.width, picture.height]).toEqual([6 * 58 + 2, 16 * 58 + 2]);
  expect(readdirSync(join(root, "sheets"))).toEqual(["neighbours.png"]);
});

test("several numbers of steps give a list; pixels need no classifier", async () => {
  const args = ["--data", data, "--features", "pixel-pca", "--count", "100", "--steps", "1,2", "--json"];
  const { code, output, errors } = await evaluate(flow, ...args);
  expect(code, errors).toBe(0);
  const list = z.array(evaluation).length(2).parse(JSON.parse(output));
  expect(list.map(({ nfe }) => nfe)).toEqual([1, 2]);
  expect(list[0].metrics.every(({ features }) => features.startsWith("pixel"))).toBe(true);
});

test("people get a table", async () => {
  const { code, output, errors } = await run("--data", data, "--features", judge, "--count", "100");
  expect(code, errors).toBe(0);
  expect(output).toMatch(/metric\s+│ value\s+│ 95 % interval\s+│ real against real/);
  expect(output).toContain("Fréchet distance on judge");
  expect(errors).toContain("untrained: 100 samples of 1 network evaluation each, against fashion-mnist");
});

test("wrong use says what to do", async () => {
  const [noData, noFeatures, oneStep, noFile, otherSize] = await Promise.all([
    run("--features", judge),
    run("--data", data, "--features", "inception-v3"),
    run("--data", data, "--steps", "1,2"),
    run("--data", data, "--features", join(root, "none.onnx")),
    evaluate("drifting-emoji", "--data", data, "--features", "pixel-pca"),
  ]);
  expect(oneStep.code).toBe(2);
  expect(oneStep.errors).toContain('untrained takes no "steps"; it takes count, label');
  expect(noData.code).toBe(2);
  expect(noData.errors).toContain("untrained does not say what it was trained on; give the images with --data.");
  expect(noFile.code).toBe(2);
  expect(noFile.errors).toMatch(/There is no file .*none\.onnx/);
  expect(otherSize.code).toBe(2);
  expect(otherSize.errors).toMatch(/^fewstep: .*draws images of 32×32×3, but fashion-mnist has 28×28×1/); // first of all
  expect(noFeatures.code).toBe(2);
  expect(noFeatures.errors).toContain('There are no features "inception-v3". Choose classifier, resnet50-imagenet');
});
