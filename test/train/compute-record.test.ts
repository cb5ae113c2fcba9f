import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { planTraining } from "../../src/cli/train-plan.js";
import { presets } from "../../src/judges/language-model/settings.js";
import { trainLanguageModel } from "../../src/judges/language-model/train.js";
import { readComputeRecord } from "../../src/train/compute-record.js";
import { chain } from "../methods/chain.js";

const out = mkdtempSync(join(tmpdir(), "fewstep-compute-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test("a run keeps the device and threads that it was asked for, and goes on with them", async () => {
  const settings = { ...presets.tiny, length: 16, width: 16, heads: 2, blocks: 1, batch: 4, steps: 2 };
  const run = { out: join(out, "run"), sampleEvery: 0, onProgress: () => {} };
  await trainLanguageModel(chain, settings, { ...run, device: "cpu", threads: 1 });
  expect(JSON.parse(readFileSync(join(run.out, "compute.json"), "utf8"))).toEqual({ device: "cpu", threads: 1 });
  // The data set of the test is none that the command line knows
  const config = JSON.parse(readFileSync(join(run.out, "config.json"), "utf8"));
  writeFileSync(join(run.out, "config.json"), JSON.stringify({ ...config, data: "text-mix" }));
  const plan = (command: object) => planTraining("language-model", { resume: run.out, ...command });
  expect(await plan({})).toMatchObject({ device: "cpu", threads: 1 });
  expect(await plan({ threads: 2 })).toMatchObject({ device: "cpu", threads: 2 });
  expect(await plan({ device: "auto" })).toMatchObject({ device: "auto", threads: 1 });
  writeFileSync(join(run.out, "compute.json"), '{"threads":0}');
  await expect(plan({})).rejects.toThrow(/compute\.json names no device and no threads\. Delete it/);

  await trainLanguageModel(chain, settings, { ...run, out: join(out, "free") });
  expect(await readComputeRecord(join(out, "free"))).toEqual({});
});
