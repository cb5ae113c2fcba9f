import { existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { readNpy } from "../io/npy.js";
import { entryAt, reading } from "../io/reading.js";
import { loadSafetensors } from "../io/safetensors-file.js";
import { fromOfficial, isUnused } from "../methods/motion/official.js";
import type { Weights } from "../models/architecture.js";
import { writeModel } from "../models/files.js";
import { printJson, say, UsageError } from "./output.js";

export interface ImportCommand {
  /** Folder with another project's files. */
  from: string;
  out: string;
  /** Default: the name of the folder `out`. */
  name?: string;
  json?: boolean;
}

/** Endings of what PyTorch pickles. */
const PICKLED = /\.(pt|pth|tar|ckpt|bin)$/i;

/** Writes the published weights of another project's model as a model folder. */
export async function importCommand(method: string, { from, out, name, json }: ImportCommand): Promise<void> {
  if (method !== "motion") throw new UsageError(`There is nothing to import for "${method}"; choose motion (CMDM).`);
  for (const [flag, value] of Object.entries({ from, out, name }))
    if (value?.trim() === "") throw new UsageError(`--${flag} is empty; give it a name.`);
  const folder = resolve(out);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`${out} is a file, and a model goes into a folder; choose another name.`);
  const taken = ["config.json", "model.safetensors"].filter((file) => existsSync(join(folder, file)));
  if (taken.length > 0) throw new UsageError(`${out} already holds ${taken.join(" and ")}; choose another folder.`);
  if (!entryAt(from)?.isDirectory())
    throw new UsageError(`There is no folder "${from}"; give the one with the published weights.`);
  const files = await reading(from, () => readdir(from));
  const paths = weightFiles(from, files);
  const [mean, deviation] = [await scaleOf(from, files, "Mean.npy"), await scaleOf(from, files, "Std.npy")];
  const tensors = await tensorsOf(from, paths);
  const { shape, weights, unused } = fromOfficial(tensors, { mean, deviation });
  const licence = await licenceOf(from, files);
  const config = {
    format: 1 as const,
    method,
    name: name ?? basename(folder),
    motion: { fps: shape.fps },
    classNames: null,
    network: shape,
    training: {
      data: "HumanML3D",
      licence,
      attribution: "CMDM (Yu, Watanabe, Fujiwara, arXiv 2602.22594)",
      imported: true,
    },
  };
  await writeModel(folder, { config, weights }, { dtype: "float32" });
  const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  if (json)
    return printJson({ model: config.name, parameters, unused, licence, encoder: encoderOf(shape), out: folder });
  say(`${config.name}: ${(parameters / 1e6).toFixed(1)} million numbers, as float32 → ${folder}`);
  if (unused.length > 0)
    say(`Left out, since only its training needs them: ${unused.length} tensors (${unused[0]} …).`);
  say(`Licence: ${licence}`);
  say(
    `It has no text encoder of its own. A prompt comes with the states of its word pieces by ${encoderOf(shape)}, as --states <file.npy>; ` +
      "docs/cmdm.md says how to make them. Without a prompt it draws anything.",
  );
  say(`CMDM samples with: fewstep sample ${out} --steps 50 --lag 2 --guidance 3`);
}

const encoderOf = ({ text }: ReturnType<typeof fromOfficial>["shape"]): string =>
  "encoder" in text ? text.encoder : "";

/** Mean or deviation of the frames' numbers. */
async function scaleOf(from: string, files: readonly string[], name: string): Promise<Float32Array> {
  const found = files.find((file) => file.toLowerCase() === name.toLowerCase());
  if (!found)
    throw new UsageError(
      `${from} has no ${name}. Put HumanML3D's Mean.npy and Std.npy beside the weights: they say what a frame's numbers mean.`,
    );
  const path = join(from, found);
  const { data } = readNpy(await reading(path, () => readFile(path)), path);
  return Float32Array.from(data);
}

/** The safetensors files of a folder. */
function weightFiles(from: string, files: readonly string[]): string[] {
  const paths = files.filter((file) => file.endsWith(".safetensors")).sort();
  const pickled = files.filter((file) => PICKLED.test(file)).sort();
  if (paths.length === 0) throw new UsageError(pickled.length > 0 ? pickles(from, pickled) : nothing(from));
  return paths;
}

/** The tensors of files together. */
async function tensorsOf(from: string, paths: readonly string[]): Promise<Weights> {
  const tensors: Weights = {};
  const origins = new Map<string, string>();
  for (const file of paths) {
    const { tensors: found } = await loadSafetensors(join(from, file));
    for (const [name, { shape, data, dtype }] of Object.entries(found)) {
      const other = origins.get(name);
      if (other !== undefined)
        throw new UsageError(`${other} and ${file} both have ${name}; leave only one of them in ${from}.`);
      if (!(data instanceof Float32Array) && isUnused(name)) continue;
      if (!(data instanceof Float32Array))
        throw new UsageError(`${join(from, file)}: ${name} is ${dtype}; weights are F32, F16 or BF16.`);
      origins.set(name, file);
      tensors[name] = { shape, data };
    }
  }
  return tensors;
}

const nothing = (from: string): string =>
  `${from} has no .safetensors files. Put the codec's and the denoiser's weights there, with Mean.npy and Std.npy.`;

/** What to do about files that only PyTorch reads: they may run anything when they are loaded. */
function pickles(from: string, files: readonly string[]): string {
  const lines = files.map((file) => {
    const path = join(from, file);
    return (
      `  python3 -c "import torch; from safetensors.torch import save_file; d = torch.load('${path}', map_location='cpu'); ` +
      "d = d.get('ema_model', d.get('ae', d)); " +
      `save_file({k: v.contiguous() for k, v in d.items()}, '${path.replace(PICKLED, ".safetensors")}')"`
    );
  });
  return `${from} has only PyTorch's pickles, which are programs and are not read here. Convert them where PyTorch is:\n${lines.join("\n")}`;
}

/** Names of licences, which do not always stand in the first line. */
const NAMED = /CC0 1\.0 Universal|Attribution[-\w ]* 4\.0 International|MIT License|Apache License/;

/** What the folder says of the licence of its weights. */
async function licenceOf(from: string, files: readonly string[]): Promise<string> {
  const card = files.find((file) => /^readme\.md$/i.test(file));
  const text = card ? await readFile(join(from, card), "utf8") : "";
  const front = text.startsWith("---\n") ? text.slice(0, text.indexOf("\n---", 4)) : "";
  const stated = /^licen[cs]e:[ \t]*(\S.*)$/m.exec(front);
  if (stated) return stated[1].trim();
  const file = files.find((file) => /^licen[cs]e(\.|$)/i.test(file));
  const terms = file && (await readFile(join(from, file), "utf8"));
  const title = terms && (NAMED.exec(terms) ?? /\S.*/.exec(terms));
  if (title) return `${title[0].trim()} (${file})`;
  return "none stated beside these weights. CMDM's code is CC0-1.0; its data, HumanML3D and AMASS, are for research with terms of their own.";
}
