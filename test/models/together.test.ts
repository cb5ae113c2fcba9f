import { afterAll, expect, test } from "vitest";
import { loadModel } from "../../src/methods/load.js";
import type { AnyGenerator, SampleOptions } from "../../src/models/generator.js";

const open: AnyGenerator[] = [];
afterAll(async () => {
  for (const model of open) await model.release();
});

const dataOf = (drawn: Awaited<ReturnType<AnyGenerator["sample"]>>) =>
  drawn.kind === "image"
    ? drawn.pixels
    : drawn.kind === "text"
      ? drawn.tokens!
      : drawn.kind === "motion"
        ? drawn.clips[0].root
        : drawn.dialogues[0][0].rotations;

/** Requests to each kind of model: what they differ in may differ within a batch. */
const cases: Record<string, SampleOptions[]> = {
  "drifting-fashion": [
    { seed: 1, label: "coat", guidance: 1 },
    { seed: 2, label: "bag", guidance: 2.5 },
    { seed: 3, count: 3, style: [0, 1, 2, 3] },
    { seed: 1, count: 2, label: [3, 4] },
  ].map(({ style: _, ...options }) => options),
  "flow-fashion": [
    { steps: 2, seed: 1, label: 0, guidance: 2 },
    { steps: 2, seed: 2, count: 3, guidance: 3 },
  ],
  "sphere-fashion": [
    { steps: 3, shareNoise: "none", seed: 1, guidance: 2 },
    { steps: 3, shareNoise: "none", seed: 2, guidance: 1.5, count: 2 },
  ],
  "duo-digits": [
    { steps: 2, seed: 1, label: 3 },
    { steps: 2, seed: 2, count: 2 },
  ],
  "duo-names": [
    { steps: 4, seed: 1, prompt: "Jo" },
    { steps: 4, seed: 2, count: 3 },
    { steps: 4, seed: 5, template: "A_a" },
  ],
};

test.each(Object.entries(cases))("%s: requests drawn together give what each gives alone", async (name, requests) => {
  const model = await loadModel(name, { device: "cpu", threads: 1 });
  open.push(model);
  expect(new Set(requests.map((options) => model.sharing(options))).size).toBe(1);
  const together = await model.sampleTogether(requests.map((options) => ({ options })));
  for (const [i, options] of requests.entries()) {
    const alone = await model.sample(options);
    expect(together[i].count).toBe(alone.count);
    expect(Buffer.from(dataOf(together[i]).buffer).equals(Buffer.from(dataOf(alone).buffer))).toBe(true);
    if (alone.kind === "image") expect((together[i] as typeof alone).labels).toEqual(alone.labels);
  }
});

test("what cannot share a batch says so, and is refused", async () => {
  const model = await loadModel("flow-fashion", { device: "cpu", threads: 1 });
  open.push(model);
  const requests = [{ options: { steps: 2 } }, { options: { steps: 3 } }];
  expect(model.sharing(requests[0].options)).not.toBe(model.sharing(requests[1].options));
  expect(model.sharing({ guidance: 2 })).not.toBe(model.sharing({ guidance: 1 }));
  await expect(model.sampleTogether(requests)).rejects.toThrow(/share a batch only where/);
  await expect(model.sampleTogether([{ options: {}, noise: new Float32Array(3) }])).rejects.toThrow(/noise takes/);
  expect(await model.sampleTogether([])).toEqual([]);
});
