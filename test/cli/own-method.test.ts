import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, test } from "vitest";
import { command } from "./command.js";

const out = mkdtempSync(join(tmpdir(), "own-method-"));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const source = resolve(import.meta.dirname, "../methods/fixtures/class-means.ts");
const data = resolve(import.meta.dirname, "../fixtures/fashion-mnist");
const fewstep = command(join(out, "cache"), { sources: true });
const own = (...args: string[]) => fewstep(["--use", source, ...args]);

test("a method in one file of less than 120 lines trains, samples, evaluates and exports by the command line", async () => {
  expect(readFileSync(source, "utf8").trimEnd().split("\n").length).toBeLessThan(120);
  const run = join(out, "run");
  const trained = await own("train", "class-means", "--data", data, "--out", run, "--threads", "1", "--json");
  expect(trained.code, trained.stderr).toBe(0);
  expect(JSON.parse(trained.stdout)).toMatchObject({ status: "finished", step: 60 });

  const sheet = join(out, "means.png");
  const sampled = await own("sample", run, "--count", "10", "--spread", "0.2", "--out", sheet, "--json");
  expect(sampled.code, sampled.stderr).toBe(0);
  expect(JSON.parse(sampled.stdout)).toMatchObject({ kind: "image", count: 10, nfe: 1, out: sheet });
  expect(statSync(sheet).size).toBeGreaterThan(500);

  const refused = await own("sample", run, "--guidance", "2");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('takes no "guidance"');
  const wide = await own("sample", run, "--spread", "2");
  expect(wide.code).toBe(2);
  expect(wide.stderr).toContain("spread must be a number in [0, 1], got 2.");

  const args = ["--data", data, "--features", "pixel-pca", "--count", "100", "--json"];
  const evaluated = await own("eval", run, ...args);
  expect(evaluated.code, evaluated.stderr).toBe(0);
  const { metrics } = JSON.parse(evaluated.stdout);
  expect(metrics.some(({ name }: { name: string }) => name.startsWith("Fréchet"))).toBe(true);

  const file = join(out, "means.onnx");
  const exported = await own("export", run, "--out", file);
  expect(exported.code, exported.stderr).toBe(0);
  expect(statSync(file).size).toBeGreaterThan(10 * 784 * 4);

  const help = await own("sample", "--help");
  expect(help.stdout).toMatch(/--spread <x>\s+class-means: how much lighter/);
});

test("a module that is none is named", async () => {
  const { code, stderr } = await fewstep(["--use", "./nowhere.js", "models"]);
  expect(code).toBe(2);
  expect(stderr).toContain("--use ./nowhere.js");
});
