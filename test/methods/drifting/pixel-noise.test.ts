import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generatorArchitecture } from "../../../src/methods/drifting/network.js";
import { type DriftingSettings, presets } from "../../../src/methods/drifting/settings.js";
import { trainDrifting } from "../../../src/methods/drifting/train.js";
import { loadModel } from "../../../src/methods/load.js";
import { readModel } from "../../../src/models/files.js";
import type { ImageGenerator } from "../../../src/models/generator.js";
import { decoder, noiseOf } from "../../../src/networks/autoencoder.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { shapes } from "../pictures.js";

const SIZE = 32;
const LATENT = 6;

describe("a decoder's noise", () => {
  const shape = {
    height: SIZE,
    width: SIZE,
    channels: 1,
    latent: LATENT,
    encoder: [4, 4],
    hidden: 8,
    decoder: [4, 4, 3],
  } as const;
  const net = decoder({ ...shape, encoder: [4, 4], decoder: [4, 4, 3] }, undefined, true);
  nn.initialize(net, 1);
  const maps = noiseOf(shape);
  const program = compile({ latents: [1, LATENT], maps: [1, maps] }, ({ latents, maps: given }) => ({
    images: net(latents, given),
    plain: net(latents),
  }));
  const latents = new Float32Array(LATENT).map((_, i) => Math.sin(i));
  const draw = async (given: Float32Array) =>
    (await program.run({ latents, maps: given })) as Record<string, Float32Array>;
  afterAll(() => program.release());

  test("is a map at a quarter, one at a half and one at the whole of the size", () => {
    expect(maps).toBe(8 * 8 + 16 * 16 + 32 * 32);
  });

  test("of zeros is none", async () => {
    const { images, plain } = await draw(new Float32Array(maps));
    expect(images).toEqual(plain);
  });

  // what three convolutions of 3 × 3 see of one number: [first, last + 1] of the pixels around it
  test.each([
    ["quarter", 0, 8, 4, [-7, 11]],
    ["half", 64, 16, 2, [-3, 5]],
    ["whole", 320, 32, 1, [-1, 2]],
  ] as const)(
    "at the %s moves the pixels around each number, and no others",
    async (_, from, side, scale, [low, high]) => {
      const [x, y] = [side / 2, side / 4 + 1];
      const given = new Float32Array(maps);
      given[from + y * side + x] = 3;
      const { images, plain } = await draw(given);
      const moved = Array.from(images, (value, i) => (value === plain[i] ? -1 : i)).filter((i) => i >= 0);
      const xs = moved.map((i) => i % SIZE);
      const ys = moved.map((i) => Math.floor(i / SIZE));
      expect([Math.min(...xs), Math.max(...xs) + 1]).toEqual([x * scale + low, x * scale + high]);
      expect([Math.min(...ys), Math.max(...ys) + 1]).toEqual([Math.max(0, y * scale + low), y * scale + high]);
    },
  );
});

const settings: DriftingSettings = {
  ...presets.page,
  autoencoder: {
    ...presets.page.autoencoder,
    latent: LATENT,
    encoder: [8, 8],
    hidden: 32,
    decoder: [8, 8, 4],
    steps: 10,
  },
  generator: { hidden: 32, blocks: 1, condition: 16, styles: { count: 2, size: 4 }, pixelNoise: true },
  latentStage: { samples: 16, groups: 10, steps: 5, lr: 1e-3, emaDecay: 0.9 },
  jointStage: { samples: 16, groups: 10, steps: 8, lr: 5e-3, emaDecay: 0.5 },
};
const folder = mkdtempSync(join(tmpdir(), "pixel-noise-"));
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a model with noise for every pixel", () => {
  const length = LATENT + 16 * 21; // of pictures of 16 × 16
  let model: ImageGenerator;
  beforeAll(async () => {
    await trainDrifting(shapes(), settings, { out: join(folder, "run"), ...quiet });
    model = await loadModel(join(folder, "run"), { kind: "image" });
  });
  afterAll(() => model.release());

  test("learns how much of it: every scale has left its beginning", async () => {
    const { weights } = await readModel(join(folder, "run"), () => generatorArchitecture);
    for (const level of [0, 1, 2])
      for (const scale of weights[`decode.scales.${level}`].data) expect(Math.abs(scale - 0.05)).toBeGreaterThan(1e-4);
  });

  test("draws the same for the same seed, and takes noise of its length, all of which tells", async () => {
    const draw = async (noise: Float32Array) =>
      (await model.sample({ style: [0, 0], label: "disc" }, { noise })).pixels;
    const noise = new Random(3, "noise").normals(length);
    const base = await draw(noise);
    expect(await draw(noise)).toEqual(base);
    for (const at of [0, LATENT, LATENT + 16, LATENT + 80]) {
      const other = noise.slice();
      other[at] += 2;
      expect(await draw(other), String(at)).not.toEqual(base);
    }
    await expect(draw(noise.slice(0, LATENT))).rejects.toThrow(`1 × ${length} numbers, got ${LATENT}`);
    const [one, again] = await Promise.all([model.sample({ seed: 4 }), model.sample({ seed: 4 })]);
    expect(one.pixels).toEqual(again.pixels);
  });

  test("can begin with a model without, but not the other way round", async () => {
    const { pixelNoise: _, ...plain } = settings.generator;
    await trainDrifting(shapes(), { ...settings, generator: plain }, { out: join(folder, "plain"), ...quiet });
    const frechetStage = { samples: 8, steps: 2, lr: 1e-5, decay: 0.9, meanDecay: 0.5, emaDecay: 0.5 };
    const further = { ...settings, from: join(folder, "plain"), frechetStage };
    const { status } = await trainDrifting(shapes(), further, { out: join(folder, "further"), ...quiet });
    expect(status).toBe("finished");
    const described = JSON.parse(readFileSync(join(folder, "further", "model", "config.json"), "utf8"));
    expect(described.network.pixelNoise).toBe(true);
    const back = { ...further, generator: plain, from: join(folder, "run") };
    await expect(trainDrifting(shapes(), back, { out: join(folder, "back"), ...quiet })).rejects.toThrow(
      "has another shape",
    );
  });
});
