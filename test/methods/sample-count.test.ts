import { afterAll, describe, expect, test } from "vitest";
import { DiscreteImageModel } from "../../src/methods/discrete/image-model.js";
import { type DiscreteShape, discreteShape, kappa, uniformProcess } from "../../src/methods/discrete/index.js";
import { discreteArchitecture, discreteNetwork } from "../../src/methods/discrete/network.js";
import type { PixelSampleOptions } from "../../src/methods/discrete/options.js";
import { type Denoiser, psiSample } from "../../src/methods/discrete/sampler.js";
import type { SphereSampleOptions } from "../../src/methods/sphere/index.js";
import { loadedNetwork } from "../../src/models/architecture.js";
import type { SampleContext } from "../../src/models/generator.js";
import { OptionError } from "../../src/models/options.js";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { untrained } from "./sphere/untrained.js";

const open: { release(): Promise<void> }[] = [];
afterAll(async () => {
  for (const model of open) await model.release();
});
const kept = <T extends { release(): Promise<void> }>(model: T): T => {
  open.push(model);
  return model;
};

/**
 * A network of two classes on 4 × 4 pixels of 3 levels, all of its weights random, so that it looks at everything it is
 * given.
 */
function randomDiscrete(process: DiscreteShape["process"]) {
  const image = { height: 4, width: 4, channels: 1 as const };
  const body = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 16, tied: false };
  const shape = discreteShape.parse({ process, vocabulary: 3, length: 16, classes: 2, image, network: body });
  const parameters = nn.view(discreteNetwork(shape));
  const random = new Random(3);
  for (let i = 0; i < parameters.flat.length; i++) parameters.flat[i] = 0.2 * random.normal();
  const config = { format: 1, method: "discrete", name: "random", image, classNames: ["disc", "cross"], training: {} };
  const files = { config: { ...config, network: shape } as never, weights: parameters.toRecord() };
  const described = loadedNetwork(discreteArchitecture, files);
  return kept(new DiscreteImageModel(described.config, described.shape, described.net, { threads: 1 }));
}
const uniform = randomDiscrete("uniform");
const masked = randomDiscrete("masked");
const sphere = kept(untrained());

// Programs are compiled for batches of 1, 8 and 64: 3 are drawn one by one, 7 and 30 in a batch with room, 70 in two
const COUNTS = [7, 30, 70];

describe("a sample does not depend on how many are drawn", () => {
  const cases = {
    ancestral: [{}],
    constant: [{ sampler: "constant", kappa: 0.7 }],
    "cap, greedy end": [{ sampler: "cap", eta: 0.3, final: "greedy" }],
    "rescale, a nucleus": [{ sampler: "rescale", nucleus: 0.8 }],
    loop: [{ sampler: "loop", eta: 0.3, final: "none" }],
    guided: [{ sampler: "cap", guidance: 2 }],
    "filled in": [{}, { given: Int32Array.from({ length: 16 }, (_, i) => (i % 3 === 0 ? 1 : -1)) }],
  } as const satisfies Record<string, [PixelSampleOptions, SampleContext?]>;
  for (const model of [uniform, masked])
    test.each(Object.entries(cases))(`discrete, ${model.shape.process}: %s`, async (name, [options, context]) => {
      const draw = async (count: number) =>
        (await model.sample({ steps: 6, seed: 4, count, ...options }, context)).pixels;
      const few = await draw(3);
      const many = await Promise.all(COUNTS.map(draw));
      for (const pixels of many) expect(pixels.subarray(0, few.length)).toEqual(few);
      expect(many[2].subarray(0, many[1].length)).toEqual(many[1]);
      // And each is its own, but for a greedy end of so small a network
      if (name !== "cap, greedy end")
        expect(new Set(Array.from({ length: 3 }, (_, i) => String(few.subarray(16 * i, 16 * (i + 1))))).size).toBe(3);
    });

  test.each(["initial", "official", "none"] as const)("sphere, noise shared: %s", async (shareNoise) => {
    const draw = (count: number) => sphere.sample({ count, seed: 4, steps: 4, shareNoise });
    const few = await draw(3);
    for (const count of COUNTS) {
      const { pixels } = await draw(count);
      few.pixels.forEach((x, i) => void expect(x).toBeCloseTo(pixels[i], 5));
    }
  });

  test("sphere, refining with new noise in each pass", async () => {
    const pictures = await sphere.sample({ count: 7, steps: 1 });
    const { Images } = await import("../../src/media/images.js");
    const first = new Images(pictures.pixels.slice(0, 3 * 64), 3, 1, 8, 8);
    const options = { steps: 3, shareNoise: false, seed: 2 };
    const [few, all] = [await sphere.refine(first, options), await sphere.refine(pictures, options)];
    few.pixels.forEach((x, i) => void expect(x).toBeCloseTo(all.pixels[i], 5));
  });

  test("a Ψ-sampler of any network: sequence b is that of `first` b", async () => {
    const flat: Denoiser = (tokens) => new Float32Array(tokens.length * 3);
    const common = { length: 8, steps: 5, kappa: kappa.constant(0.5), random: new Random(2) };
    const draw = async (batch: number, first: number) => {
      let last = new Int32Array();
      for await (const { tokens } of psiSample(flat, uniformProcess(3), { ...common, batch, first }))
        last = new Int32Array(tokens);
      return last;
    };
    expect((await draw(5, 0)).subarray(16, 32)).toEqual(await draw(2, 2));
    await expect(draw(1, -1)).rejects.toThrow("first must be a whole number, got -1");
  });
});

describe("options that do nothing, and impossible ones, are refused before sampling", () => {
  // Networks that never draw: none of them has been compiled in the end
  const discrete = randomDiscrete("uniform");
  const encoder = kept(untrained());
  afterAll(() => expect([discrete.compilingSeconds, encoder.compilingSeconds]).toEqual([0, 0]));

  const window = { on: 0.8, off: 0.2 };
  const ofDiscrete: [object, RegExp][] = [
    [{ sampler: "ancestral", window }, /sampler ancestral takes no window; leave it out/],
    [{ sampler: "loop", window }, /sampler loop takes no window; leave it out/],
    [{ sampler: "cap", window: { on: 0.2, off: 0.8 } }, /must end below its start, got on 0.2 and off 0.8/],
    [{ sampler: "constant", window: { on: 2, off: 0 } }, /window must be .*on \(a number in \[0, 1\]\).* got .*"on":2/],
    [{ sampler: "rescale", window: { on: 1 } }, /window must be .*off \(a number in \[0, 1\]\), got \{"on":1\}/],
    [{ sampler: "ancestral", kappa: 0.9 }, /takes no kappa; leave it out/],
    [{ sampler: "constant", eta: 0.1 }, /takes no eta; set kappa/],
    [{ sampler: "constant", kappa: -0.1 }, /kappa must be a number in \[0, 1\], got -0.1/],
    [{ sampler: "cap", eta: Number.NaN }, /eta must be a number in \[0, 1\], got NaN/],
    [{ sampler: "loop", steps: 3 }, /3 steps are too few for a loop/],
    [{ nucleus: 0 }, /nucleus must be a number in \(0, 1\], got 0/],
    [{ nucleus: 1.1 }, /nucleus must be a number in \(0, 1\], got 1.1/],
    [{ final: "last" }, /final must be one of ancestral, greedy, none, got "last"/],
    [{ seed: 0.5 }, /seed must be a whole number, got 0.5/],
  ];
  test.each(ofDiscrete)("discrete: %o", async (options, message) => {
    expect(() => discrete.cost(options)).toThrow(message);
    await expect(discrete.sample(options)).rejects.toThrow(message);
  });
  test("what a sampler takes is taken", () => {
    expect(discrete.cost({})).toBe(65);
    for (const sampler of ["constant", "cap", "rescale"] as const)
      expect(discrete.cost({ sampler, window, nucleus: 1e-9 })).toBe(65);
  });

  const ofSphere: [object, RegExp][] = [
    [{ guidanceAt: "encoder" }, /guidanceAt encoder does nothing without guidance/],
    [{ shareNoise: "some" }, /shareNoise must be one of initial, official, none, got "some"/],
    [{ steps: 65 }, /steps must be a whole number in \[1, 64\], got 65/],
  ];
  test.each(ofSphere)("sphere: %o", async (options, message) => {
    expect(() => encoder.cost(options)).toThrow(message);
    await expect(encoder.sample(options)).rejects.toThrow(message);
  });

  // What depends on the classes and on arrays, only `sample` knows
  test.each<[PixelSampleOptions, SampleContext, RegExp]>([
    [{ label: "square" }, {}, /no class "square"/],
    [{ count: 2, label: ["disc"] }, {}, /1 label for 2 samples/],
    [{}, { given: new Int32Array(15) }, /15 given tokens fit neither/],
    [{}, { given: new Int32Array(16).fill(3) }, /Token 3 at position 0 is outside the vocabulary/],
  ])("discrete: %o and %o", async (options, context, message) => {
    const refused = discrete.sample(options, context);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(OptionError);
  });
  test.each<[SphereSampleOptions, SampleContext, RegExp]>([
    [{}, { noise: new Float32Array(15) }, /noise takes 1 × 16 numbers, got 15/],
    [{ label: "square" }, {}, /no class "square"/],
  ])("sphere: %o and %o", async (options, context, message) => {
    const refused = encoder.sample(options, context);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(OptionError);
  });

  test("sphere: edits", async () => {
    const pictures = await sphere.sample({ count: 2, steps: 1 });
    const classes = new Float32Array(6);
    const refused: [object, RegExp][] = [
      [{ guidance: 2 }, /Guidance goes from no class to a class; give a label/],
      [{ label: "disc", classes }, /a label or class weights, not both/],
      [{ classes: classes.slice(1) }, /Class weights take 2 × 3 numbers, got 5/],
      [{ strength: 1.5 }, /strength must be in \[0, 1\], got 1.5/],
    ];
    for (const [options, message] of refused) await expect(sphere.refine(pictures, options)).rejects.toThrow(message);
  });
});
