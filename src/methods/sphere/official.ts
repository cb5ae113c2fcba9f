import { z } from "zod";
import { CIFAR10_CLASSES } from "../../data/sources/cifar10.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Weights } from "../../models/architecture.js";
import {
  axisOf,
  fitWeights,
  layersOf,
  linearRows,
  linearWeight,
  type Published,
  publishedShape,
} from "../../models/fit-weights.js";
import { type Importer, numberedClasses } from "../../models/importer.js";
import * as nn from "../../nn/index.js";
import { sphereArchitecture, sphereNetwork } from "./network.js";
import type { SphereShape } from "./shape.js";
import { vitSizes } from "./vit.js";

/** The fixed table of positions, which is compared with ours. */
const POSITIONS = /^(encoder|decoder)\.pos_embed$/;
const isUnused = (name: string): boolean => POSITIONS.test(name);

const PARTS = "They are those of its encoder and its decoder together, from encoder.x_embedder.0.weight on.";

/** From our names to the official ones, in this order; what stands at the latent's side differs between the two networks. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(en|de)code\.classes/, "$1coder.y_embedder.embedding_table"],
  [/^encode\.net\.patch/, "encoder.x_embedder.0"],
  [/^encode\.net\.embed/, "encoder.x_embedder.1"],
  [/^encode\.net\.mixer/, "encoder.out"],
  [/^decode\.net\.embed/, "decoder.x_embedder.0"],
  [/^decode\.net\.mixer/, "decoder.x_embedder.1"],
  [/^decode\.net\.pixels\.conv/, "decoder.out.2"],
  [/^decode\.net\.pixels\.out/, "decoder.out.4"],
  [/^(en|de)code\.net\.trunk\.head\.(norm|modulation)/, "$1coder.ffn.$2"],
  [/^(en|de)code\.net\.trunk\.head(\.project)?/, "$1coder.ffn.linear"],
  [/^(en|de)code\.net\.trunk/, "$1coder"],
  [/modulation/, "adaLN_modulation.1"],
  [/attention\.(query|key|value)/, "attn.qkv"],
  [/attention\.out/, "attn.proj"],
  [/mlp\.(gate|up)/, "mlp.w12"],
  [/mlp\.down/, "mlp.w3"],
  [/tokens\.layers\.0/, "tok_mixer.mix.0"],
  [/tokens\.layers\.1/, "tok_mixer.mix.2"],
  [/channels\.layers\.0/, "chn_mixer.mix.0"],
  [/channels\.layers\.1/, "chn_mixer.mix.2"],
  [/scale(?=\d$)/, "alpha"],
];

/** Which of how many equal parts of a tensor's rows a part of ours is. */
const SHARES: Readonly<Record<string, readonly [at: number, of: number]>> = {
  query: [0, 3],
  key: [1, 3],
  value: [2, 3],
  gate: [0, 2],
  up: [1, 2],
};

function publishedAt(parameter: string, shape: readonly number[], patch: number): Published {
  const name = NAMES.reduce((own, [pattern, official]) => own.replace(pattern, official), parameter);
  if (shape.length === 4 || parameter.endsWith("classes.weight")) return { name, shape };
  // Convolutions there, whose numbers stand as those of a linear layer
  if (parameter === "encode.net.patch.weight" || parameter === "encode.net.embed.weight") {
    const side = parameter.includes("patch") ? patch : 1;
    const kernel = [shape[1], shape[0] / side ** 2, side, side];
    return { name, shape: kernel, take: (data) => linearWeight(data, shape) };
  }
  const outputs = shape.at(-1)!;
  const [at, of] = SHARES[parameter.split(".").at(-2)!] ?? [0, 1];
  return { name, ...linearRows(shape, { from: at * outputs, rows: of * outputs }) };
}

/** What the weights do not tell. */
export interface OfficialDescription {
  heads: number;
  /** Degrees of the noise that it was trained with, `noise_sigma_max_angle`. */
  maxAngle: number;
}

/**
 * Weights of the Sphere Encoder's official code (the state dictionary of `G`) as those of our network. Tensors of
 * another size, missing and unknown ones are refused by name.
 * @throws WrongUse
 */
export function fromOfficial(
  official: Weights,
  { heads, maxAngle }: OfficialDescription,
): { shape: SphereShape; weights: Weights; unused: string[] } {
  const tensors = withVectors(official);
  const axis = (name: string, i: number) => axisOf(tensors, name, i, "a Sphere Encoder", PARTS);
  const patch = axis("encoder.x_embedder.0.weight", 2);
  const tokens = axis("encoder.pos_embed", 1);
  const width = axis("encoder.x_embedder.1.weight", 0);
  const side = Math.round(Math.sqrt(tokens));
  if (side ** 2 !== tokens) throw new WrongUse(`encoder.pos_embed is of ${tokens} tokens, which are no square.`);
  const table = "encoder.y_embedder.embedding_table.weight";
  const shape = publishedShape(sphereArchitecture, {
    image: { height: side * patch, width: side * patch, channels: 3 },
    classes: table in tensors ? axis(table, 0) - 1 : 0,
    body: {
      kind: "vit",
      patch,
      channels: axis("encoder.ffn.linear.weight", 0),
      width,
      layers: layersOf(tensors, /^encoder\.blocks\.(\d+)\.norm1\.weight$/),
      heads,
      mixer: layersOf(tensors, /^encoder\.out\.blocks\.(\d+)\.norm1\.weight$/),
      head: "decoder.out.4.weight" in tensors ? "conv" : "linear",
      encoderHead: "zeros",
      tokenNorm: true,
    },
    noise: { kind: "additive", maxAngle },
  });
  const where = (parameter: string, own: readonly number[]) => publishedAt(parameter, own, patch);
  const fitted = fitWeights("the Sphere Encoder", sphereNetwork(shape), tensors, where, isUnused);
  const positions = nn.sinCos2d(side, side, width);
  for (const name of fitted.unused)
    if (tensors[name].data.some((value, i) => !(Math.abs(value - positions[i]) < 1e-4)))
      throw new WrongUse(`${name} is not the fixed table of positions that the Sphere Encoder's code makes.`);
  return { shape, ...fitted };
}

/** The mixers' factors, which some checkpoints have as single numbers without an axis, with one. */
const withVectors = (tensors: Weights): Weights =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      tensor.shape.length === 0 ? { ...tensor, shape: [1] } : tensor,
    ]),
  );

const size = z.enum(Object.keys(vitSizes) as [keyof typeof vitSizes, ...(keyof typeof vitSizes)[]]);

/** What of a training's cfg.json is needed. */
const configuration = z
  .object({
    dataset_name: z.string().min(1),
    noise_sigma_max_angle: z.number().gt(0).lt(90),
    vit_enc_model_size: size,
    vit_dec_model_size: size,
    /** What the papers' runs do without, and our network too. */
    spherify_model: z.literal(false).optional(),
    in_context_size: z.literal(0).optional(),
  })
  .refine((given) => given.vit_enc_model_size === given.vit_dec_model_size, {
    path: ["vit_dec_model_size"],
    message: "must be the encoder's",
  });

const DESCRIBED =
  "The official code writes it into the folder of a training, beside ckpt: it says which noise the weights were trained with.";

/** Weights of a Sphere Encoder in a folder, as docs/official.md has it. */
export const importer: Importer = {
  files: "the state dictionary of the Sphere Encoder's code there, with the cfg.json of its training",
  unpickle: "d = d.get('model', d)",
  licence: "none stated beside these weights. The Sphere Encoder's code is under CC BY-NC 4.0.",
  isUnused,
  async read(folder, tensors) {
    const config = await folder.json("cfg.json", DESCRIBED, configuration, "a Sphere Encoder");
    const { dataset_name: data, noise_sigma_max_angle: maxAngle, vit_enc_model_size: name } = config;
    const { shape, weights, unused } = fromOfficial(tensors, { heads: vitSizes[name].heads, maxAngle });
    const { image, classes, body } = shape;
    const width = "width" in body ? body.width : 0;
    const other = Object.entries(vitSizes).find(([size, own]) => size !== name && own.width === width);
    if (other)
      throw new WrongUse(
        `${folder.path}/cfg.json says that the size is ${name}, but these weights are ${width} wide, as ${other[0]} is; ` +
          "put the cfg.json of the same training beside them.",
      );
    return {
      described: { image, classNames: classNamesOf(data, classes), network: shape },
      weights,
      unused,
      data,
      attribution: "the Sphere Encoder (Yue, Jia, Hou, Goldstein, arXiv 2602.15030)",
      facts: { width: image.width, height: image.height, classes },
      says: (model) => [
        `It draws images of ${image.width}×${image.height} as its code does with: fewstep sample ${model} --steps 4 --share-noise official` +
          (classes > 0 ? " --guidance 1.2 --label <class>" : ""),
      ],
    };
  },
};

/** Names of the classes: CIFAR-10's own, otherwise numbers. */
function classNamesOf(data: string, classes: number): string[] | null {
  if (classes === 0) return null;
  if (data === "cifar-10" && classes === CIFAR10_CLASSES.length) return [...CIFAR10_CLASSES];
  return numberedClasses(classes);
}
