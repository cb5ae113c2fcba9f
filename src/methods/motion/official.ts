import { WrongUse } from "../../io/wrong-use.js";
import type { Weights } from "../../models/architecture.js";
import { axisOf, fitWeights, layersOf, linearWeight, publishedShape } from "../../models/fit-weights.js";
import type { Importer } from "../../models/importer.js";
import { HUMANML_FEATURES } from "../../motion/index.js";
import type { Shape } from "../../tensor/index.js";
import { motionArchitecture, motionNetwork } from "./network.js";
import type { MotionShape } from "./shape.js";
import { FIRST_LOG_VARIANCE } from "./vae.js";

/** CMDM's own code trains with these sizes; its weights do not tell them. */
const OFFICIAL = { fps: 20, heads: 4, block: 3, window: 16, encoder: "distilbert-base-uncased" };

/** Word pieces of a caption at most. */
const PIECES = 64;

const PARTS =
  "They are those of its codec (from encoder.model.0.conv.weight on) and of its denoiser (from x_embedder.weight on).";

/** Tensors that sampling does not need: the projection of the alignment, and a text model that was saved along. */
const UNUSED = /^(linear_proj_(z|aux)|clip_model)\./;
/** Whether a tensor is one that sampling does not need. */
export const isUnused = (name: string): boolean => UNUSED.test(name);

/** The official names of our modules, in which # are the numbers i and j. */
const NAMES: Readonly<Record<string, (i: number, j: number) => string>> = {
  "encode.first": () => "encoder.model.0.conv",
  "encode.halves.#.down": (i) => `encoder.model.${i + 2}.0.conv`,
  "encode.halves.#.stack.blocks.#.dilated": (i, j) => `encoder.model.${i + 2}.1.model.${j}.conv1`,
  "encode.halves.#.stack.blocks.#.mix": (i, j) => `encoder.model.${i + 2}.1.model.${j}.conv2`,
  "encode.last": () => "encoder.model.4.conv",
  "encode.mean": () => "encoder.proj",
  "encode.spread": () => "encoder.proj",
  "decode.project": () => "decode_proj",
  "decode.first": () => "decoder.model.0.conv",
  "decode.doubles.#.stack.blocks.#.dilated": (i, j) => `decoder.model.${i + 2}.0.model.${j}.conv1`,
  "decode.doubles.#.stack.blocks.#.mix": (i, j) => `decoder.model.${i + 2}.0.model.${j}.conv2`,
  "decode.doubles.#.mix": (i) => `decoder.model.${i + 2}.2.conv`,
  "decode.last": () => "decoder.model.4.conv",
  "decode.frames": () => "decoder.model.6.conv",
  "denoise.input": () => "x_embedder",
  "denoise.time.layers.#": (i) => `t_embedder.mlp.${2 * i}`,
  "denoise.context": () => "y_embedder",
  "denoise.layers.#.modulation": (i) => `blocks.${i}.adaLN_modulation.1`,
  ...attentionNames("attention", "self_attn"),
  "denoise.layers.#.crossNorm": (i) => `blocks.${i}.norm3`,
  ...attentionNames("cross", "cross_attn"),
  "denoise.layers.#.mlp.layers.#": (i, j) => `blocks.${i}.ffn.${2 * j}`,
  "denoise.output": () => "final_layer",
};

function attentionNames(own: string, official: string) {
  const parts = { query: "q", key: "k", value: "v", out: "o", queryNorm: "norm_q", keyNorm: "norm_k" };
  return Object.fromEntries(
    Object.entries(parts).map(([part, name]) => [
      `denoise.layers.#.${own}.${part}`,
      (i: number) => `blocks.${i}.${official}.${name}`,
    ]),
  );
}

/** The official name of a parameter of our network. */
function officialName(parameter: string): string {
  const dot = parameter.lastIndexOf(".");
  const owner = parameter.slice(0, dot);
  const [i, j] = (owner.match(/\d+/g) ?? []).map(Number);
  return NAMES[owner.replace(/\d+/g, "#")](i, j) + parameter.slice(dot);
}

/** Ours are two where the official codec has one: its first half gives the mean, its second the log variance. */
const HALVES: Readonly<Record<string, 0 | 1>> = { "encode.mean": 0, "encode.spread": 1 };
const halfOf = (parameter: string): 0 | 1 | undefined => HALVES[parameter.slice(0, parameter.lastIndexOf("."))];

/** A half of a tensor's rows; ours of the log variance's bias is counted from where training begins. */
function halved(name: string, data: Float32Array, half: 0 | 1): Float32Array {
  const own = data.slice((half * data.length) / 2, ((half + 1) * data.length) / 2);
  return name === "encode.spread.bias" ? own.map((value) => value - FIRST_LOG_VARIANCE) : own;
}

/** What is turned by the tokens' places: there the official features of a head stand in pairs, ours in halves. */
const ROTATED = /\.attention\.(query|key|queryNorm|keyNorm)\.(weight|bias)$/;

/** Where an output of a rotated layer stands among the official ones. */
function turned(output: number, depth: number): number {
  const [head, i] = [Math.floor(output / depth), output % depth];
  return head * depth + (i < depth / 2 ? 2 * i : 2 * i - depth + 1);
}

/** Official numbers [outputs, ...] as ours: rotated features sorted, matrices transposed. */
function converted(name: string, shape: Shape, data: Float32Array, heads: number): Float32Array {
  if (shape.length > 2) return data;
  const sizes = shape.length === 2 ? shape : [1, shape[0]];
  const depth = sizes[1] / heads;
  return linearWeight(data, sizes, ROTATED.test(name) ? { row: (output) => turned(output, depth) } : {});
}

const officialShape = (shape: Shape): readonly number[] => (shape.length === 2 ? [...shape].reverse() : shape);

/** Sizes as the weights tell them. @throws WrongUse where what tells them is missing. */
function shapeOf(tensors: Weights, heads: number): MotionShape {
  const axis = (name: string, i: number): number => axisOf(tensors, name, i, "CMDM", PARTS);
  const count = (pattern: RegExp): number => layersOf(tensors, pattern);
  return publishedShape(motionArchitecture, {
    fps: OFFICIAL.fps,
    features: axis("encoder.model.0.conv.weight", 1),
    codec: {
      width: axis("encoder.model.0.conv.weight", 0),
      latent: axis("decode_proj.weight", 1),
      depth: count(/^encoder\.model\.2\.1\.model\.(\d+)\.conv1\.weight$/),
    },
    text: { encoder: OFFICIAL.encoder, width: axis("y_embedder.weight", 1), length: PIECES },
    network: {
      width: axis("x_embedder.weight", 0),
      heads,
      blocks: count(/^blocks\.(\d+)\.ffn\.0\.weight$/),
      hidden: axis("blocks.0.ffn.0.weight", 0),
      block: OFFICIAL.block,
      window: OFFICIAL.window,
      attention: "causal",
      timeScale: 1,
    },
  });
}

/**
 * CMDM's official weights as those of our network: the state dictionaries of its codec (`ae`) and of its denoiser
 * (`ema_dit`), together, with mean and deviation of its frames. Tensors of another size, missing and unknown ones are
 * refused by name; `unused` are those that only its training needs.
 * @throws WrongUse
 */
export function fromOfficial(
  tensors: Weights,
  scale: { mean: Float32Array; deviation: Float32Array },
  { heads = OFFICIAL.heads }: { heads?: number } = {},
): { shape: MotionShape; weights: Weights; unused: string[] } {
  const shape = shapeOf(tensors, heads);
  const { features, codec } = shape;
  if (features !== HUMANML_FEATURES)
    throw new WrongUse(
      `A frame of these weights has ${features} numbers; only HumanML3D's frames of ${HUMANML_FEATURES} are known.`,
    );
  for (const [name, values] of Object.entries(scale))
    if (values.length !== features)
      throw new WrongUse(`The ${name} has ${values.length} numbers, and a frame of these weights ${features}.`);
  const none = scale.mean.findIndex((value) => !Number.isFinite(value));
  if (none >= 0) throw new WrongUse(`The mean of number ${none} of a frame is ${scale.mean[none]}, no finite number.`);
  const bad = scale.deviation.findIndex((value) => !(value > 0 && Number.isFinite(value)));
  if (bad >= 0)
    throw new WrongUse(`The deviation of number ${bad} of a frame is ${scale.deviation[bad]}, no number above 0.`);
  const weights: Weights = {
    "frames.mean": { shape: [features], data: scale.mean },
    "frames.deviation": { shape: [features], data: scale.deviation },
    "tokens.mean": { shape: [codec.latent], data: new Float32Array(codec.latent) },
    "tokens.deviation": { shape: [codec.latent], data: new Float32Array(codec.latent).fill(1) },
  };
  const { weights: fitted, unused } = fitWeights(
    "CMDM",
    motionNetwork(shape),
    tensors,
    (name, own) => {
      if (name in weights) return null;
      const half = halfOf(name);
      const [rows, ...rest] = officialShape(own);
      return {
        name: officialName(name),
        shape: [half === undefined ? rows : 2 * rows, ...rest],
        take: (data) => converted(name, own, half === undefined ? data : halved(name, data, half), heads),
      };
    },
    isUnused,
  );
  return { shape, weights: { ...weights, ...fitted }, unused };
}

const SCALE = "Put HumanML3D's Mean.npy and Std.npy beside the weights: they say what a frame's numbers mean.";

/** CMDM's weights in a folder, as docs/cmdm.md has it. */
export const importer: Importer = {
  files: "the codec's and the denoiser's weights there, with Mean.npy and Std.npy",
  unpickle: "d = d.get('ema_model', d.get('ae', d))",
  licence:
    "none stated beside these weights. CMDM's code is CC0-1.0; its data, HumanML3D and AMASS, are for research with terms of their own.",
  isUnused,
  async read(folder, tensors) {
    const scaleOf = async (name: string) => Float32Array.from((await folder.array(name, SCALE)).data);
    const [mean, deviation] = [await scaleOf("Mean.npy"), await scaleOf("Std.npy")];
    const { shape, weights, unused } = fromOfficial(tensors, { mean, deviation });
    const encoder = OFFICIAL.encoder;
    return {
      described: { motion: { fps: shape.fps }, classNames: null, network: shape },
      weights,
      unused,
      data: "HumanML3D",
      attribution: "CMDM (Yu, Watanabe, Fujiwara, arXiv 2602.22594)",
      facts: { encoder },
      says: (model) => [
        `It has no text encoder of its own. A prompt comes with the states of its word pieces by ${encoder}, as --states <file.npy>; ` +
          "docs/cmdm.md says how to make them. Without a prompt it draws anything.",
        `CMDM samples with: fewstep sample ${model} --steps 50 --lag 2 --guidance 3`,
      ],
    };
  },
};
