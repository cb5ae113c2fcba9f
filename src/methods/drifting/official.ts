import { z } from "zod";
import { WrongUse } from "../../io/wrong-use.js";
import type { Weights } from "../../models/architecture.js";
import { fitWeights, linearColumns, type Published, publishedShape } from "../../models/fit-weights.js";
import { type Importer, numberedClasses } from "../../models/importer.js";
import { driftingArchitecture } from "./architecture.js";
import type { TransformerShape } from "./shape.js";
import { transformerGenerator } from "./transformer.js";

/** From our names to the official ones, in this order. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^dit\./, ""],
  [/^label\.weight$/, "Embed_0.embedding"],
  [/^guidance\.0/, "TimestepEmbedder_0.TorchLinear_0.Dense_0"],
  [/^guidance\.2/, "TimestepEmbedder_0.TorchLinear_1.Dense_0"],
  [/^guidance\.3/, "RMSNorm_0"],
  [/^patch/, "LightningDiT_0.TorchLinear_0.Dense_0"],
  [/^positions$/, "LightningDiT_0.pos_embed"],
  [/^context\./, "LightningDiT_0.TorchLinear_1.Dense_0."],
  [/^contextTable$/, "LightningDiT_0.cls_embed"],
  [/^blocks\.(\d+)/, "LightningDiT_0.blocks_$1"],
  [/^head\.project/, "LightningDiT_0.FinalLayer_0.TorchLinear_1.Dense_0"],
  [/^head\.norm/, "LightningDiT_0.FinalLayer_0.RMSNorm_0"],
  [/^head/, "LightningDiT_0.FinalLayer_0"],
  [/modulation/, "TorchLinear_0.Dense_0"],
  [/norm1/, "RMSNorm_0"],
  [/norm2/, "RMSNorm_1"],
  [/attention\.(query|key|value)\./, "Attention_0.TorchLinear_0.Dense_0."],
  [/attention\.out/, "Attention_0.TorchLinear_1.Dense_0"],
  [/attention\.queryNorm/, "Attention_0.q_norm"],
  [/attention\.keyNorm/, "Attention_0.k_norm"],
  [/mlp\.gate/, "SwiGLUFFN_0.TorchLinear_0.Dense_0"],
  [/mlp\.up/, "SwiGLUFFN_0.TorchLinear_1.Dense_0"],
  [/mlp\.down/, "SwiGLUFFN_0.TorchLinear_2.Dense_0"],
  [/(Dense_0)\.weight$/, "$1.kernel"],
];

/** Which third of the columns of the layer for attention is which part's. */
const THIRDS: Readonly<Record<string, number>> = { query: 0, key: 1, value: 2 };

/** Where a parameter of ours stands; the official table of classes has so many `rows`. */
function publishedAt(parameter: string, shape: readonly number[], rows: number): Published {
  const name = NAMES.reduce((own, [pattern, official]) => own.replace(pattern, official), parameter);
  if (parameter === "dit.label.weight")
    return { name, shape: [rows, shape[1]], take: (data) => data.slice(0, shape[0] * shape[1]) };
  if (parameter === "dit.positions" || parameter === "dit.contextTable") return { name, shape: [1, ...shape] };
  const third = THIRDS[parameter.split(".").at(-2)!];
  if (third === undefined) return { name, shape };
  const outputs = shape.at(-1)!;
  return { name, ...linearColumns(shape, { from: third * outputs, columns: 3 * outputs }) };
}

const STYLES = "dit.style.weight";
const styleName = (token: number) => `noise_embeds_${token}.embedding`;

/** The tables of the style tokens one below the other, and all other tensors. */
function withoutStyles(tensors: Weights, { styles: { count, size }, width }: TransformerShape) {
  const names = Array.from({ length: count }, (_, token) => styleName(token));
  const others = Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)));
  const data = new Float32Array(count * size * width);
  for (const [token, name] of names.entries()) {
    const table = tensors[name];
    if (String(table?.shape) !== String([size, width]))
      throw new WrongUse(
        `These weights do not fit Drifting's network: ${name} is ${table ? `[${table.shape}] instead of [${size},${width}]` : "missing"}.`,
      );
    data.set(table.data, token * size * width);
  }
  return { others, table: { shape: [count * size, width], data } };
}

/** Flax may keep all parameters under one name. */
const withoutPrefix = (tensors: Weights): Weights =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name.replace(/^params\./, ""), tensor]));

/** Rows that the official table of classes has beside ImageNet's where it keeps one for "no class", which no image has. */
const WITH_NONE = 1001;

/** What of a published metadata.json is needed. */
const metadata = z.object({
  model_config: z.object({
    input_size: z.int().min(1),
    patch_size: z.int().min(1),
    in_channels: z.int().min(1),
    num_classes: z.int().min(1),
    noise_coords: z.int().min(1),
    /** 0 where there are no style tokens. */
    noise_classes: z.int().min(1),
    n_cls_tokens: z.int().min(1),
    hidden_size: z.int().min(1),
    depth: z.int().min(1),
    num_heads: z.int().min(1),
    use_qknorm: z.literal(true),
    use_swiglu: z.literal(true),
    use_rope: z.literal(true),
    use_rmsnorm: z.literal(true),
  }),
});
export type OfficialConfig = z.output<typeof metadata>["model_config"];

const LATENT =
  "These weights draw latents of Stable Diffusion's autoencoder, 4 numbers for each 8×8 pixels, whose decoder is another " +
  "project's and is not read here. Take one of the generators of pixels (pixel_B_sota or pixel_L_sota).";

/**
 * Weights of a generator of Drifting's official code (the tree of its parameters, names joined by dots) as those of our
 * network. Tensors of another size, missing and unknown ones are refused by name. @throws WrongUse
 */
export function fromOfficial(
  official: Weights,
  config: OfficialConfig,
): { shape: TransformerShape; weights: Weights; unused: string[] } {
  if (config.in_channels === 4) throw new WrongUse(LATENT);
  const { num_classes: rows } = config;
  const shape = publishedShape(driftingArchitecture, {
    kind: "transformer",
    size: config.input_size,
    channels: config.in_channels as 1 | 3,
    patch: config.patch_size,
    classes: rows === WITH_NONE ? rows - 1 : rows,
    width: config.hidden_size,
    depth: config.depth,
    heads: config.num_heads,
    contextTokens: config.n_cls_tokens,
    styles: { count: config.noise_coords, size: config.noise_classes },
  }) as TransformerShape;
  const { others, table } = withoutStyles(withoutPrefix(official), shape);
  const net = transformerGenerator(shape);
  const where = (parameter: string, own: readonly number[]) =>
    parameter === STYLES ? null : publishedAt(parameter, own, rows);
  const { weights, unused } = fitWeights("Drifting", net, others, where, isUnused);
  return { shape, weights: { ...weights, [STYLES]: table }, unused };
}

const isUnused = () => false;

const DESCRIBED = "It stands beside the published ema_params.msgpack, and says the sizes of the network.";

/** Weights of Drifting in a folder, as docs/official.md has it. */
export const importer: Importer = {
  files:
    "ema_params.msgpack of one of Drifting's generators there (or a safetensors file of it), with its metadata.json",
  licence:
    "none stated, neither beside these weights nor for Drifting's code: ask its authors what you may do with them.",
  isUnused,
  async read(folder, tensors) {
    const { model_config: config } = await folder.json("metadata.json", DESCRIBED, metadata, "Drifting's generators");
    const { shape, weights, unused } = fromOfficial(tensors, config);
    const { size, channels, classes } = shape;
    return {
      described: {
        image: { height: size, width: size, channels },
        classNames: numberedClasses(classes),
        network: shape,
      },
      weights,
      unused,
      data: "ImageNet",
      attribution: "Drifting (Deng, Li, Li, Du, He, arXiv 2602.04770)",
      facts: { width: size, height: size, classes },
      says: (model) => [
        `It draws images of ${size}×${size} in one step with: fewstep sample ${model} --label <class> --guidance 1.5`,
      ],
    };
  },
};
