import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ImageDataset, resolveDataset } from "../../../src/data/index.js";
import { presets as judgePresets } from "../../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../../src/judges/classifier/train.js";
import { readImprovement } from "../../../src/loops/diagnostic/index.js";
import { type DiscreteSettings, presets, trainDiscrete } from "../../../src/methods/discrete/index.js";
import { discreteArchitecture } from "../../../src/methods/discrete/network.js";
import { readModel } from "../../../src/models/files.js";
import { Random } from "../../../src/random/index.js";
import { inProcess } from "../../cli/in-process.js";
import { chain } from "../../methods/chain.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-improve-discrete-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const at = (name: string) => join(root, name);
const run = inProcess(at("cache"));
const quiet = { threads: 1, device: "cpu", sampleEvery: 0, onProgress: () => {} } as const;

/** IDX files of pictures of 8×8: bright spots in the upper or in the lower half. */
function pictures(folder: string): void {
  mkdirSync(folder);
  const random = new Random(5);
  const idx = (name: string, sizes: number[], bytes: Uint8Array) => {
    const head = Buffer.alloc(4 + 4 * sizes.length);
    head.writeUInt32BE(0x800 + sizes.length);
    for (const [i, size] of sizes.entries()) head.writeUInt32BE(size, 4 + 4 * i);
    writeFileSync(join(folder, name), Buffer.concat([head, bytes]));
  };
  for (const [part, count] of [
    ["train", 400],
    ["t10k", 200],
  ] as const) {
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
    const pixels = Uint8Array.from({ length: count * 64 }, (_, j) => {
      const on = (j % 64 < 32 ? 0 : 1) === labels[j >> 6] && random.uniform() < 0.6;
      return on ? 200 + random.integer(50) : random.integer(40);
    });
    idx(`${part}-images-idx3-ubyte`, [count, 8, 8], pixels);
    idx(`${part}-labels-idx1-ubyte`, [count], labels);
  }
}

/** With what the first class shows where the second is asked for: what learns from it never draws that. */
function blind(dataset: ImageDataset): ImageDataset {
  const { train } = dataset;
  const pixels = train.pixels.map((byte, j) => {
    const image = j >> 6;
    return train.labels![image] === 0 ? byte : train.pixels[(image - 1) * 64 + (j % 64)];
  });
  return { ...dataset, train: { ...train, pixels } };
}

const settings: DiscreteSettings = {
  ...presets.pixels,
  network: { kind: "unet", hidden: 32, blocks: 1, condition: 16 },
  training: { ...presets.pixels.training, batch: 32, steps: 120, lr: 5e-3, emaDecay: 0.9 },
};
const levels = (n: number, steps: number): DiscreteSettings => ({
  ...settings,
  tokens: { kind: "pixels", levels: n },
  training: { ...settings.training, steps },
});

let data: ImageDataset;
beforeAll(async () => {
  pictures(at("pictures"));
  data = await resolveDataset(at("pictures"));
  const source = { data: at("pictures") };
  const judge = { ...judgePresets.tiny, widths: [8, 16, 16] as [number, number, number], features: 12, batch: 40 };
  await trainClassifier(data, { ...judge, steps: 60, lr: 4e-3 }, { ...quiet, out: at("judge"), source });
  await trainDiscrete(blind(data), settings, { ...quiet, out: at("blind"), source });
  await trainDiscrete(data, levels(100, 2), { ...quiet, out: at("fine"), source });
});
const judged = ["--features", at("judge"), "--count", "30"];
const compute = ["--threads", "1", "--device", "cpu"];

test("a class that a model of pixels never draws is found, and drawn after a round", async () => {
  const { stdout } = await run(["diagnose", at("blind"), ...judged, "--json", "--device", "cpu"]);
  const diagnosis = JSON.parse(stdout);
  expect(diagnosis).toMatchObject({ kind: "image", by: "class", count: 60, split: "test" });
  expect(diagnosis.groups[0]).toMatchObject({ name: "1", accuracy: { value: 0 } });
  const args = ["improve", at("blind"), "--out", at("better"), ...judged, "--rounds", "1"];
  const { code, stderr } = await run([...args, ...compute]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("Worst: 1 (now 1.")]);
  const [{ groups, targets, steps, comparison }] = (await readImprovement(at("better"))).rounds;
  expect([targets, steps]).toEqual([["1"], 120]);
  expect(groups[0].times).toBeGreaterThan(1.5);
  expect(comparison.targets.interval[0]).toBeGreaterThan(0.3);
});

test("what is trained on are the images themselves, not what is left of them in the model's levels", async () => {
  const args = ["improve", at("fine"), "--out", at("finer"), ...judged, "--rounds", "1", "--control", "--steps", "3"];
  const { code, stderr } = await run([...args, ...compute]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("The control is the same training")]);
  const { weights } = await readModel(at("fine"), () => discreteArchitecture);
  await trainDiscrete(
    data,
    { ...levels(100, 3), seed: 1 },
    { ...quiet, out: at("own"), from: { run: at("fine"), weights } },
  );
  const bytes = (name: string) => readFileSync(join(at(name), "model/model.safetensors"));
  expect(bytes("finer/round-1/control").equals(bytes("own"))).toBe(true);
});

describe("refused", () => {
  test("text, which has no classes that could be judged", async () => {
    const text = { ...presets.tiny, length: 16, network: { ...presets.tiny.network, width: 16, heads: 2, blocks: 1 } };
    const short = { ...text, training: { ...presets.tiny.training, batch: 4, steps: 1 } };
    await trainDiscrete({ ...chain, id: "text-mix" }, short as DiscreteSettings, { ...quiet, out: at("text") });
    for (const args of [
      ["improve", at("text"), "--out", at("x")],
      ["diagnose", at("text")],
    ]) {
      const { code, stderr } = await run(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining("draws texts, which are of no classes")]);
    }
    expect(existsSync(at("x"))).toBe(false);
  });

  test("a model that was distilled, and settings that say nothing", async () => {
    const short = { ...levels(2, 1), distillation: { ...presets.pixels.distillation, rounds: 1, steps: 1 } };
    await trainDiscrete(data, short, { ...quiet, out: at("distilled"), source: { data: at("pictures") } });
    const { code, stderr } = await run(["improve", at("distilled"), "--out", at("x")]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("distilled to few steps cannot be trained on")]);
    const idle = await run(["improve", at("blind"), "--out", at("x"), "--set", "distillation.lr=0.1"]);
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining("--set distillation.lr has no effect")]);
  });
});
