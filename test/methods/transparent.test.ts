import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, test } from "vitest";
import * as classifier from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import * as drifting from "../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../src/methods/drifting/train.js";
import * as flow from "../../src/methods/flow/settings.js";
import { trainFlow } from "../../src/methods/flow/train.js";
import { loadModel } from "../../src/methods/load.js";
import * as sphere from "../../src/methods/sphere/presets.js";
import { trainSphere } from "../../src/methods/sphere/train.js";
import { readModelConfig } from "../../src/models/files.js";
import { shapes } from "./pictures.js";

const folder = mkdtempSync(join(tmpdir(), "transparent-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = shapes({ channels: 4, count: 24 });
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };

/** Settings with a step of each stage that has some, of few pictures. */
function brief<T>(settings: T): T {
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) return settings;
  const few = (name: string, value: unknown) =>
    name === "steps" ? Math.min(Number(value), 1) : name === "batch" || name === "samples" ? 4 : brief(value);
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, few(name, value)])) as T;
}

const trainers = {
  drifting: (out: string) =>
    trainDrifting(data, brief(drifting.forData(drifting.presets.tiny, data)), { out, ...quiet }),
  flow: (out: string) => trainFlow(data, brief(flow.forData(flow.presets.tiny, data)), { out, ...quiet }),
  sphere: (out: string) => trainSphere(data, brief(sphere.forData(sphere.presets.tiny, data)), { out, ...quiet }),
};

test.each(Object.entries(trainers))(
  "%s learns and draws four channels, into a transparent PNG",
  async (name, train) => {
    const out = join(folder, name);
    expect((await train(out)).status).toBe("finished");
    await using model = await loadModel(out, { kind: "image", threads: 1 });
    const images = await model.sample({ count: 2, seed: 1 });
    expect(images.shape).toEqual([2, 4, 16, 16]);
    const { channels, hasAlpha } = await sharp(await images.at(0).toPng()).metadata();
    expect([channels, hasAlpha]).toEqual([4, true]);
  },
);

test("a classifier judges four channels", async () => {
  const out = join(folder, "classifier");
  await trainClassifier(data, brief(classifier.presets.tiny), { out, ...quiet });
  const { image, training } = await readModelConfig(join(out, "model"));
  expect(image).toMatchObject({ channels: 4 });
  expect(training.testAccuracy).toBeGreaterThanOrEqual(0);
});
