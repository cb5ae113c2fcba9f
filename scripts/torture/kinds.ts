import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { characterTokenizer } from "../../src/data/tokens/tokenizer.js";
import { ClassifierModel } from "../../src/judges/classifier/model.js";
import { classifierArchitecture } from "../../src/judges/classifier/network.js";
import { LanguageModel } from "../../src/judges/language-model/model.js";
import { languageModelArchitecture } from "../../src/judges/language-model/network.js";
import { discreteArchitecture } from "../../src/methods/discrete/network.js";
import { discreteShape } from "../../src/methods/discrete/shape.js";
import { driftingArchitecture } from "../../src/methods/drifting/architecture.js";
import { flowArchitecture } from "../../src/methods/flow/network.js";
import { loadModel } from "../../src/methods/load.js";
import { sphereArchitecture } from "../../src/methods/sphere/network.js";
import type { Architecture } from "../../src/models/architecture.js";
import { writeModel } from "../../src/models/files.js";
import * as nn from "../../src/nn/index.js";

const size = { height: 8, width: 8, channels: 1 };
const codec = { latent: 4, encoder: [4, 4], hidden: 8, decoder: [4, 4, 4] };
const autoencoder = { ...size, ...codec };
const body = { hidden: 8, blocks: 1, condition: 8 };
const transformer = { kind: "transformer", width: 8, heads: 2, blocks: 1, condition: 8, tied: false };
const text = { process: "uniform", schedule: "log-linear", vocabulary: 5, length: 6, classes: 0 };
const image = { process: "masked", vocabulary: 4, length: 64, image: size, classes: 2 };
const noise = { kind: "additive", maxAngle: 60 };
const vit = { kind: "vit", patch: 4, channels: 4, width: 8, layers: 1, heads: 2, head: "conv" };

/** One small network of every kind that a model file can describe. */
const networks: Record<string, { method: string; architecture: Architecture; network: unknown }> = {
  drifting: {
    method: "drifting",
    architecture: driftingArchitecture,
    network: { autoencoder, classes: 2, ...body, styles: { count: 2, size: 4 }, guidance: true },
  },
  "drifting-transformer": {
    method: "drifting",
    architecture: driftingArchitecture,
    network: {
      kind: "transformer",
      size: 8,
      channels: 1,
      patch: 4,
      classes: 2,
      width: 8,
      depth: 1,
      heads: 2,
      contextTokens: 2,
      styles: { count: 2, size: 4 },
    },
  },
  "sphere-conv": {
    method: "sphere",
    architecture: sphereArchitecture,
    network: {
      image: size,
      classes: 2,
      body: { kind: "conv", ...codec, trunk: 8, encoderBlocks: 1, decoderBlocks: 1, condition: 8 },
      noise,
    },
  },
  "sphere-vit": {
    method: "sphere",
    architecture: sphereArchitecture,
    network: { image: size, classes: 2, body: { ...vit, mixer: 1 }, noise: { kind: "rotation", maxAngle: 90 } },
  },
  "sphere-plain-vit": {
    method: "sphere",
    architecture: sphereArchitecture,
    network: { image: size, classes: 0, body: { ...vit, mixer: 0, head: "linear" }, noise },
  },
  "flow-pixel": {
    method: "flow",
    architecture: flowArchitecture,
    network: { space: "pixel", autoencoder, classes: 2, ...body },
  },
  "flow-latent": {
    method: "flow",
    architecture: flowArchitecture,
    network: { space: "latent", autoencoder, classes: 0, ...body },
  },
  "discrete-text": {
    method: "discrete",
    architecture: discreteArchitecture,
    network: discreteShape.parse({ ...text, network: transformer }),
  },
  "discrete-tied": {
    method: "discrete",
    architecture: discreteArchitecture,
    network: discreteShape.parse({ ...text, process: "masked", network: { ...transformer, tied: true } }),
  },
  "discrete-image": {
    method: "discrete",
    architecture: discreteArchitecture,
    network: discreteShape.parse({ ...image, network: { kind: "unet", hidden: 8, blocks: 1, condition: 8 } }),
  },
  "discrete-image-tokens": {
    method: "discrete",
    architecture: discreteArchitecture,
    network: discreteShape.parse({ ...image, network: transformer }),
  },
  classifier: {
    method: "classifier",
    architecture: classifierArchitecture,
    network: { ...size, classes: 2, widths: [4, 4, 4], features: 4 },
  },
  "language-model": {
    method: "language-model",
    architecture: languageModelArchitecture,
    network: { vocabulary: 5, length: 6, width: 8, heads: 2, blocks: 1 },
  },
};

/** Writes one small model of every kind into a folder; returns their names. */
export async function writeKinds(root: string): Promise<string[]> {
  for (const [name, { method, architecture, network }] of Object.entries(networks)) {
    const { image, classes } = architecture.says(network);
    await mkdir(join(root, name), { recursive: true });
    await writeModel(join(root, name), {
      config: {
        format: 1,
        method,
        name,
        ...(image ? { image } : { text: { tokenizer: characterTokenizer("abcd ").toJSON(), lines: false } }),
        classNames: classes === 0 ? null : ["disc", "cross"],
        network,
        training: { data: "none", steps: 0, settings: { seed: 0 } },
      },
      weights: nn.initialize(architecture.network(network), 1).toRecord(),
    });
  }
  return Object.keys(networks);
}

/** A loaded model of any kind, reduced to what the fuzz does with it. */
export interface Loaded {
  /** Uses the network once, with options that every sound model takes. */
  use(): Promise<unknown>;
  release(): Promise<void>;
}

/** Loads a model as its kind is loaded. */
export async function loadKind(method: string, location: string): Promise<Loaded> {
  const options = { device: "cpu", threads: 1 } as const;
  if (method === "classifier") {
    const model = await ClassifierModel.load(location, options);
    const { height, width, channels } = model.network;
    return {
      use: () => model.judge(1, () => new Float32Array(channels * height * width)),
      release: () => model.release(),
    };
  }
  if (method === "language-model") {
    const model = await LanguageModel.load(location, options);
    return {
      use: () => model.nats(new Int32Array(model.shape.length), model.shape.length),
      release: () => model.release(),
    };
  }
  const model = await loadModel(location, options);
  const few = "steps" in model.options.shape ? { steps: 1, ...(model.kind === "motion" && { lag: 1 }) } : {};
  const silence = new Float32Array(16_000);
  const given = model.kind === "gesture" ? { sounds: [silence, silence] as const } : {};
  return { use: () => model.sample({ count: 1, seed: 1, ...few }, given), release: () => model.release() };
}
