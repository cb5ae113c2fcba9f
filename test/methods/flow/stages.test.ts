import { describe, expect, test } from "vitest";
import type { ImageDataset } from "../../../src/data/index.js";
import { decoderStage } from "../../../src/methods/flow/decoder-stage.js";
import { type FlowNetwork, flowNetwork } from "../../../src/methods/flow/network.js";
import { type FlowSettings, presets } from "../../../src/methods/flow/settings.js";
import type { FlowShape } from "../../../src/methods/flow/shape.js";
import { flowStage } from "../../../src/methods/flow/stages.js";
import { featureNet } from "../../../src/networks/feature-net.js";
import * as nn from "../../../src/nn/index.js";
import type { Latents } from "../../../src/recipes/autoencoder.js";
import { imageFamilies } from "../../../src/recipes/drift/image-objective.js";
import { compile } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";
import { imageDrift64, type Vectors } from "../drifting/reference.js";
import { shapes } from "../pictures.js";

const [LATENT, SIDE, CLASSES, PER_CLASS] = [2, 8, 3, 4];
const COUNT = CLASSES * PER_CLASS;
const labels = Uint16Array.from({ length: COUNT }, (_, i) => (7 * i) % CLASSES);
const brightness = [40, 120, 230];
/** Twelve pictures of three classes, each of one grey: its class's, or (`varied`) up to 11 more. */
const dataset = (varied: boolean, labelled = true): ImageDataset => {
  const pixels = Uint8Array.from({ length: COUNT * SIDE ** 2 }, (_, j) => {
    const i = Math.floor(j / SIDE ** 2);
    return (labelled ? brightness[labels[i]] : 100) + (varied ? i : 0);
  });
  const train = { count: COUNT, pixels, labels: labelled ? labels : null, channels: 1 as const };
  return {
    ...shapes({ count: 2, size: 12 }),
    height: SIDE,
    width: SIDE,
    classNames: labelled ? [..."abc"] : null,
    train,
  };
};
const config: FlowSettings = {
  ...presets["tiny-joint"],
  seed: 3,
  features: { ...presets.tiny.features, width: 8, blocks: [1, 1] },
  autoencoder: { ...presets.tiny.autoencoder, latent: LATENT, encoder: [4, 4], hidden: 16, decoder: [4, 4, 4] },
  flow: { batch: 6, steps: 100, lr: 1e-30, emaDecay: 0.9, labelDropout: 0 },
  jointStage: { samples: PER_CLASS, groups: 10, steps: 10, lr: 1e-30, emaDecay: 0.9, samplerSteps: 3 },
};

const shape: FlowShape = {
  space: "latent",
  classes: CLASSES,
  hidden: 8,
  blocks: 1,
  condition: 8,
  autoencoder: {
    height: SIDE,
    width: SIDE,
    channels: 1,
    latent: LATENT,
    encoder: [4, 4],
    hidden: 16,
    decoder: [4, 4, 4],
  },
};

/**
 * A flow that knows where each label's data lie, all at one point c: the velocity (c − x)/(1 − t) is data − noise
 * itself, and every path ends at c. `extra` of a label is added to its velocity.
 */
function knowing(size: number[], centres: number[][], extra: number[]): FlowNetwork {
  const ones = size.map(() => 1);
  const width = centres[0].length;
  const centre = nn.embedding(centres.length, width);
  const more = nn.embedding(centres.length, 1);
  const velocity = nn.module({ centre, more }, (state: Tensor, time: Tensor, label: Tensor) =>
    centre(label)
      .reshape([-1, ...(width === 1 ? ones : size)])
      .sub(state)
      .div(
        time
          .neg()
          .add(1)
          .reshape([-1, ...ones]),
      )
      .add(more(label).reshape([-1, ...ones])),
  );
  const net = nn.module({ velocity, toImages: flowNetwork(shape).toImages! }) as unknown as FlowNetwork;
  nn.initialize(net, 1);
  centre.weight.value!.set(centres.flat());
  more.weight.value!.set(extra);
  return net;
}
const points = [
  [1, -2],
  [0.5, 3],
  [-4, 0.25],
];
/** Latent vectors at their class's point; `asked` are the images whose vectors were asked for. */
const latents = (asked: number[]): Latents => ({
  values: new Float32Array(COUNT * LATENT),
  mean: Float32Array.of(0.5, -2),
  deviation: Float32Array.of(3, 0.25),
  rows(indices) {
    asked.push(...Array.from(indices));
    return Float32Array.from(Array.from(indices, (i) => points[labels[i]]).flat());
  },
});
const steps = async (stage: ReturnType<typeof flowStage>, count: number): Promise<number[]> => {
  const losses: number[] = [];
  for (let k = 0; k < count; k++) losses.push((await stage.step(k)).loss);
  await stage.finish!();
  return losses;
};
const nowhere = [9, 9];

describe("the flow stage", () => {
  test("regresses data − noise at states between them, with each picture's own class", async () => {
    const net = knowing([LATENT], [...points, nowhere], [0, 0, 0, 5]);
    const asked: number[] = [];
    const stage = flowStage({ dataset: dataset(false), config, shape, net, threads: 1 }, latents(asked));
    for (const loss of await steps(stage, 20)) expect(Math.abs(loss)).toBeLessThan(1e-6);
    for (let at = 0; at < asked.length; at += COUNT) expect(new Set(asked.slice(at, at + COUNT)).size).toBe(COUNT);
    expect([...net.toImages!.scale.value!]).toEqual([3, 0.25]);
    expect([...net.toImages!.shift.value!]).toEqual([0.5, -2]);
  });

  test("on pixels, and without classes", async () => {
    const greys = [...brightness.map((byte) => [byte / 127.5 - 1]), nowhere.slice(1)];
    for (const [data, centres] of [
      [dataset(false), greys],
      [dataset(false, false), [[100 / 127.5 - 1]]],
    ] as [ImageDataset, number[][]][]) {
      const net = knowing([1, SIDE, SIDE], centres, [0, 0, 0, 5].slice(0, centres.length));
      const stage = flowStage({ dataset: data, config, shape, net, threads: 1 }, null);
      for (const loss of await steps(stage, 3)) expect(Math.abs(loss)).toBeLessThan(1e-6);
    }
  });

  test.each([0.25, 1])("hides classes with probability %f", async (labelDropout) => {
    // All data lie at one point, so that the loss is the square of what is added where the class is hidden
    const here = points.map(() => points[0]);
    const net = knowing([LATENT], [...here, points[0]], [0, 0, 0, 1]);
    const rows: Latents["rows"] = (indices) => Float32Array.from(Array.from(indices, () => points[0]).flat());
    const settings = { ...config, flow: { ...config.flow, batch: 600, labelDropout } };
    const stage = flowStage(
      { dataset: dataset(false), config: settings, shape, net, threads: 1 },
      { ...latents([]), rows },
    );
    const [share] = await steps(stage, 1);
    expect(Math.abs(share - labelDropout)).toBeLessThan(
      4.5 * Math.sqrt((labelDropout * (1 - labelDropout)) / 600) + 1e-5,
    );
  });

  test("noise is standard normal", async () => {
    // A velocity that stays 0 leaves the mean square of the noise, where the data are 0
    const none = nn.parameter([1], nn.init.zeros);
    const velocity = nn.module({ none }, (state: Tensor) => state.mul(0).add(none));
    const net = nn.module({ velocity }) as unknown as FlowNetwork;
    nn.initialize(net, 1);
    const rows: Latents["rows"] = (indices) => new Float32Array(indices.length * LATENT);
    const settings = { ...config, flow: { ...config.flow, batch: 3000 } };
    const stage = flowStage(
      { dataset: dataset(false), config: settings, shape, net, threads: 1 },
      { ...latents([]), rows },
    );
    const [loss] = await steps(stage, 1);
    expect(Math.abs(loss - 1)).toBeLessThan(4.5 * Math.sqrt(2 / 6000));
  });
});

describe("the decoder's stage compares what the flow draws of a class with the class's pictures", () => {
  const chunks = <T>(all: ArrayLike<T>, size: number): T[][] =>
    Array.from({ length: all.length / size }, (_, i) => Array.from({ length: size }, (_, j) => all[i * size + j]));

  /** A step's figures, and those of the paper's formula for each of some choices of classes; null: without classes. */
  async function compare(groups: number, choices: number[][] | null) {
    const data = dataset(true, choices !== null);
    const samples = choices ? PER_CLASS : COUNT; // all pictures of a class, whatever their order
    const settings = { ...config, jointStage: { ...config.jointStage, groups, samples } };
    const net = knowing([LATENT], choices ? [...points, nowhere] : [points[0]], choices ? [0, 0, 0, 0] : [0]);
    const features = featureNet({ channels: 1, width: 8, blocks: [1], stemStride: config.features.stemStride });
    nn.initialize(features, 2);
    const familiesOf = imageFamilies(features);
    let shapesOf: (readonly number[])[] = [];
    const program = compile(
      { latents: [COUNT, LATENT], real: [COUNT, 1, SIDE, SIDE] },
      ({ latents, real }) => {
        const [gen, wanted] = [familiesOf(net.toImages!(latents)), familiesOf(real)];
        shapesOf = gen.map(({ vectors }) => vectors.shape);
        return Object.fromEntries([
          ...gen.map(({ vectors }, i) => [`gen${i}`, vectors]),
          ...wanted.map(({ vectors }, i) => [`real${i}`, vectors]),
        ]) as Record<string, Tensor>;
      },
      { threads: 1 },
    );
    const out = await program.run({
      latents: Array.from(labels, (label) => points[choices ? label : 0]).flat(),
      real: Float32Array.from(data.train.pixels, (byte) => byte / 127.5 - 1),
    });
    await program.release();
    /** The families' vectors of the pictures of some classes, class by class. */
    const vectors = (name: string, classes: number[]): Vectors[] =>
      shapesOf.map(([, places, size], i) => {
        const all = chunks(chunks(out[`${name}${i}`], size), places);
        return classes.flatMap((label) => all.filter((_, n) => !choices || labels[n] === label));
      });
    const wanted = (choices ?? [[0]]).map((classes) =>
      imageDrift64(vectors("gen", classes), vectors("real", classes), null, classes.length),
    );
    const stage = decoderStage({ dataset: data, config: settings, shape, net, threads: 1 }, features);
    expect(stage.batch).toBe(choices ? choices[0].length * PER_CLASS : COUNT);
    const step = await stage.step(0);
    await stage.finish!();
    const close = wanted.filter(({ scale }) => Math.abs(step.scale / scale - 1) < 1e-3);
    expect(close).toHaveLength(1);
    expect(step.loss / close[0].loss).toBeCloseTo(1, 3);
  }

  test("all classes", () => compare(10, [[0, 1, 2]]));
  test("without classes", () => compare(10, null));
  test("two of three classes", () =>
    compare(2, [
      [0, 1],
      [0, 2],
      [1, 2],
    ]));
});
