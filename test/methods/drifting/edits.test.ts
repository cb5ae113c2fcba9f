import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toFloat } from "../../../src/data/index.js";
import { Images } from "../../../src/media/images.js";
import { refine } from "../../../src/methods/drifting/index.js";
import { loadModel } from "../../../src/methods/load.js";
import type { EditInput } from "../../../src/models/edits.js";
import type { ImageGenerator } from "../../../src/models/generator.js";
import { Random } from "../../../src/random/index.js";
import { writeUntrainedDrifting } from "../fixtures/untrained.js";
import { shapes } from "../pictures.js";

const root = mkdtempSync(join(tmpdir(), "drift-edits-"));
const data = shapes({ channels: 3 });
let model: ImageGenerator;
beforeAll(async () => {
  await writeUntrainedDrifting(root, data);
  model = await loadModel(root, { kind: "image", threads: 1 });
});
afterAll(async () => {
  await model.release();
  rmSync(root, { recursive: true, force: true });
});

const area = 16 * 16;
const exemplars = { split: data.train, classNames: data.classNames };
const pictures = new Images(toFloat(data.test, [0, 1, 2]), 3, 3, 16, 16);
const run = async (verb: string, input: EditInput, options?: object) =>
  (await model.edits![verb].run({ pictures, exemplars, ...input }, options)) as Images;

describe("refine", () => {
  test("is the drift towards exemplars drawn by the seed, clipped", async () => {
    const { pixels } = await run("refine", {}, { exemplars: 10, seed: 3, steps: 4, temperatures: [0.5] });
    const rows = new Random(3, "exemplars").permutation(data.train.count).slice(0, 10);
    const options = { positives: toFloat(data.train, rows), steps: 4, temperatures: [0.5] };
    const expected = (await refine(pictures.pixels, 3, options)).map((x) => Math.min(1, Math.max(-1, x)));
    expect(pixels).toEqual(expected);
    expect((await run("refine", {}, { exemplars: 10, seed: 4, steps: 4, temperatures: [0.5] })).pixels).not.toEqual(
      pixels,
    );
  });
  test("a label takes exemplars of that class only", async () => {
    const own = Array.from({ length: data.train.count }, (_, i) => i).filter((i) => data.train.labels![i] === 1);
    const crosses = {
      count: own.length,
      channels: 3 as const,
      labels: null,
      pixels: new Uint8Array(own.length * 3 * area),
    };
    own.forEach((row, i) => {
      crosses.pixels.set(data.train.pixels.subarray(row * 3 * area, (row + 1) * 3 * area), i * 3 * area);
    });
    const labelled = await run("refine", {}, { label: "cross" });
    const given = await run("refine", { exemplars: { split: crosses, classNames: null } });
    labelled.pixels.forEach((x, i) => void expect(x).toBeCloseTo(given.pixels[i], 4));
    expect(labelled.pixels).not.toEqual((await run("refine", {}, { label: "disc" })).pixels);
  });
  test("a download's progress is not told of updates", async () => {
    const told: number[] = [];
    const loaded = await loadModel(root, { kind: "image", threads: 1, onProgress: () => void told.push(1) });
    await loaded.edits!.refine.run({ pictures, exemplars }, { steps: 1 });
    expect(told).toEqual([]);
    await loaded.release();
  });
});

test("inpaint moves what the mask hides, in every channel, and nothing else", async () => {
  const mask = Float32Array.from({ length: area }, (_, i) => (i % 16 < 8 ? 0 : 1));
  const { pixels } = await run("inpaint", { mask }, { temperatures: [1] });
  for (let channel = 0; channel < 9; channel++) {
    const part = (values: Float32Array, known: boolean) =>
      values.slice(channel * area, (channel + 1) * area).filter((_, i) => mask[i] === (known ? 0 : 1));
    expect(part(pixels, true)).toEqual(part(pictures.pixels, true));
    expect(part(pixels, false)).not.toEqual(part(pictures.pixels, false));
  }
});

test.each<[string, EditInput, object, RegExp]>([
  ["refine", { exemplars: undefined }, {}, /refine needs exemplars/],
  ["refine", { mask: new Float32Array(area) }, {}, /refine takes no mask/],
  ["refine", { pictures: new Images(new Float32Array(64), 1, 1, 8, 8) }, {}, /16×16×3, got 8×8×1/],
  ["refine", {}, { temperatures: [] }, /temperatures must be/],
  ["refine", {}, { strength: 1 }, /takes no "strength"/],
  ["refine", {}, { label: "boot" }, /no class "boot"/],
  ["refine", { exemplars: { split: data.train, classNames: ["a", "b"] } }, { label: "disc" }, /other classes/],
  ["inpaint", {}, {}, /inpaint needs mask/],
  ["inpaint", { mask: new Float32Array(3) }, {}, /16×16 numbers.*got 3/],
])("%s refuses %o with %o", async (verb, input, options, message) => {
  await expect(run(verb, input, options)).rejects.toThrow(message);
});
