import { z } from "zod";
import { loadTokenizer } from "../../data/tokens/tokenizer.js";
import { WrongUse } from "../../io/wrong-use.js";
import type { Weights } from "../../models/architecture.js";
import { axisOf, fitWeights, layersOf, linearRows, type Published, publishedShape } from "../../models/fit-weights.js";
import type { Importer } from "../../models/importer.js";
import { discreteArchitecture, discreteNetwork } from "./network.js";
import type { DiscreteShape } from "./shape.js";

/** What only the places of tokens follow from, and a teacher that was saved along. */
const UNUSED = /^(backbone\.)?rotary_emb\.|^teacher/;
const isUnused = (name: string): boolean => UNUSED.test(name);

/** Both projects' files name all tensors of the network so. */
const PREFIX = "backbone.";
const PARTS = `They begin with ${PREFIX}vocab_embed.embedding.`;

/** Official names of our modules, in which # is the number of a block; those of attention stand in one tensor there. */
const NAMES: Readonly<Record<string, string>> = {
  "level.time.layers.0": "sigma_map.mlp.0",
  "level.time.layers.1": "sigma_map.mlp.2",
  "blocks.#.modulation": "blocks.#.adaLN_modulation",
  "blocks.#.norm1": "blocks.#.norm1",
  "blocks.#.attention.query": "blocks.#.attn_qkv",
  "blocks.#.attention.key": "blocks.#.attn_qkv",
  "blocks.#.attention.value": "blocks.#.attn_qkv",
  "blocks.#.attention.out": "blocks.#.attn_out",
  "blocks.#.norm2": "blocks.#.norm2",
  "blocks.#.mlp.layers.0": "blocks.#.mlp.0",
  "blocks.#.mlp.layers.1": "blocks.#.mlp.2",
  "head.norm": "output_layer.norm_final",
  "head.modulation": "output_layer.adaLN_modulation",
  "head.project": "output_layer.linear",
};

/** Which third of the rows of the tensor for attention is which part's. */
const THIRDS: Readonly<Record<string, number>> = { query: 0, key: 1, value: 2 };

/** Where a parameter of ours stands; `states` are the rows of the official vocabulary. */
function publishedAt(parameter: string, shape: readonly number[], states: number): Published {
  if (parameter === "embedding.weight") return { name: `${PREFIX}vocab_embed.embedding`, shape };
  const dot = parameter.lastIndexOf(".");
  const owner = parameter.slice(0, dot);
  const block = /\.(\d+)\./.exec(owner)?.[1] ?? "";
  const numbered = owner.startsWith("blocks.");
  const name = NAMES[numbered ? owner.replace(/\d+/, "#") : owner].replace("#", block);
  const outputs = shape.at(-1)!;
  const third = THIRDS[owner.slice(owner.lastIndexOf(".") + 1)];
  // Of masked noise the head has an output for the mask, which is never drawn
  const rows = owner === "head.project" ? states : third === undefined ? outputs : 3 * outputs;
  return {
    name: `${PREFIX}${name}${parameter.slice(dot)}`,
    ...linearRows(shape, { from: (third ?? 0) * outputs, rows }),
  };
}

/** What the weights do not tell. */
export interface OfficialDescription {
  /** `uniform` for Duo, `masked` for MDLM. */
  process: DiscreteShape["process"];
  heads: number;
  length: number;
}

/**
 * Weights of Duo's and MDLM's official code (the state dictionary of `DIT`, named `backbone.…`) as those of our network. Of masked noise
 * the last token of their vocabulary is the mask, whose output is left out. Tensors of another size, missing and unknown ones are refused by name.
 * @throws WrongUse
 */
export function fromOfficial(
  tensors: Weights,
  { process, heads, length }: OfficialDescription,
): { shape: DiscreteShape; weights: Weights; unused: string[] } {
  const axis = (name: string, i: number) => axisOf(tensors, PREFIX + name, i, "Duo or MDLM", PARTS);
  const states = axis("vocab_embed.embedding", 0);
  const shape = publishedShape(discreteArchitecture, {
    process,
    schedule: "log-linear",
    vocabulary: process === "masked" ? states - 1 : states,
    length,
    classes: 0,
    network: {
      kind: "transformer",
      width: axis("vocab_embed.embedding", 1),
      heads,
      blocks: layersOf(tensors, /^backbone\.blocks\.(\d+)\.attn_qkv\.weight$/),
      condition: axis("sigma_map.mlp.0.weight", 0),
      tied: false,
      norm: "layerGain",
      mlp: "geluTanh",
    },
  });
  const where = (parameter: string, own: readonly number[]) => publishedAt(parameter, own, states);
  return { shape, ...fitWeights("Duo and MDLM", discreteNetwork(shape), tensors, where, isUnused) };
}

/** What of a published config.json is needed; the sizes of the layers are the tensors'. */
const published = z.object({
  model_type: z
    .string()
    .transform((type) => type.toLowerCase())
    .pipe(z.enum(["duo", "mdlm"])),
  n_heads: z.int().min(1),
  model_length: z.int().min(1),
  time_conditioning: z.boolean().optional(),
  /** Models that write from left to right are no diffusion. */
  causal: z.literal(false).optional(),
});

const DESCRIBED =
  'It stands beside the published weights; for a checkpoint without one write {"model_type": "duo", "n_heads": 12, "model_length": 1024}, or "mdlm".';

const CREDITS = {
  duo: "Duo (Sahoo, Deschenaux, Gokaslan, Wang, Chiu, Kuleshov, arXiv 2506.10892)",
  mdlm: "MDLM (Sahoo, Arriola, Schiff, Gokaslan, Marroquin, Chiu, Rush, Kuleshov, arXiv 2406.07524)",
};

/** Weights of Duo or MDLM in a folder, as docs/official.md has it. */
export const importer: Importer = {
  files: "model.safetensors of Duo or MDLM there, with its config.json",
  unpickle:
    "e = d.get('ema'); d = {k: v for k, v in d.get('state_dict', d).items() if k.startswith('backbone.')}; " +
    "e and d.update(zip([k for k in d if 'inv_freq' not in k], e['shadow_params']))",
  licence: "none stated beside these weights. The code of Duo and of MDLM is under the Apache License 2.0.",
  isUnused,
  async read(folder, tensors) {
    const config = await folder.json("config.json", DESCRIBED, published, "Duo or MDLM");
    const { model_type: project, n_heads: heads, model_length: length, time_conditioning } = config;
    if (project === "mdlm" && time_conditioning)
      throw new WrongUse(
        "These weights of MDLM see the noise level (time_conditioning); only those that do not are known.",
      );
    const process = project === "duo" ? "uniform" : "masked";
    const fitted = fromOfficial(tensors, { process, heads, length });
    const tokenizer = process === "masked" ? "gpt2" : "gpt2-padded";
    const { size } = await loadTokenizer(tokenizer);
    if (fitted.shape.vocabulary !== size)
      throw new WrongUse(
        `These weights know ${fitted.shape.vocabulary} tokens beside masks; only GPT-2's are known here, of which ${project} has ${size}.`,
      );
    return {
      described: { text: { tokenizer, lines: false }, classNames: null, network: fitted.shape },
      weights: fitted.weights,
      unused: fitted.unused,
      data: "OpenWebText",
      attribution: CREDITS[project],
      facts: { process, length },
      says: (model) => [
        `It writes texts of ${length} of GPT-2's tokens with: fewstep sample ${model} --steps 256`,
        `Its papers' Ψ-sampler: fewstep sample ${model} --steps 256 --sampler rescale --eta 0.05 --nucleus 0.9`,
      ],
    };
  },
};
