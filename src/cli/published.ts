import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { faults } from "../io/faults.js";
import { loadFlaxMsgpack } from "../io/flax-msgpack.js";
import { readNpy } from "../io/npy.js";
import { entryAt, reading } from "../io/reading.js";
import { loadSafetensors } from "../io/safetensors-file.js";
import { WrongUse } from "../io/wrong-use.js";
import type { Weights } from "../models/architecture.js";
import type { Importer, PublishedFolder } from "../models/importer.js";
import { requireFinite } from "../models/read-weights.js";
import { UsageError } from "./output.js";

/** A folder with another project's files, and what is read of every project's. */
export interface Folder extends PublishedFolder {
  /** The tensors of all its safetensors and msgpack files, and those that were left out because of their type. */
  tensors(importer: Importer): Promise<{ tensors: Weights; skipped: string[] }>;
  /** What it says of the licence of its weights; null where it says nothing. */
  licence(): Promise<string | null>;
}

export async function publishedFolder(path: string): Promise<Folder> {
  if (!entryAt(path)?.isDirectory())
    throw new UsageError(`There is no folder "${path}"; give the one with the published weights.`);
  const files = (await reading(path, () => readdir(path))).sort();
  const bytesOf = (file: string) => reading(join(path, file), () => readFile(join(path, file)));
  const textOf = async (file: string) => new TextDecoder().decode(await bytesOf(file));
  const found = (name: string, why: string): string => {
    const file = files.find((file) => file.toLowerCase() === name.toLowerCase());
    if (file === undefined) throw new UsageError(`${path} has no ${name}. ${why}`);
    return file;
  };
  return {
    path,
    async array(name, why) {
      const file = found(name, why);
      return readNpy(await bytesOf(file), join(path, file));
    },
    async json(name, why, schema, of) {
      const file = found(name, why);
      const json = jsonOf(join(path, file), await textOf(file));
      const parsed = schema.safeParse(json);
      if (!parsed.success) throw new WrongUse(`${path}/${name} is not one of ${of}: ${faults(parsed.error, json)}.`);
      return parsed.data;
    },
    tensors: (importer) => tensorsOf(path, files, importer),
    licence: () => licenceOf(files, textOf),
  };
}

function jsonOf(path: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${path} is not JSON: ${error.message}. Fetch it again.`, { cause: error });
  }
}

/** Endings of what PyTorch pickles. */
const PICKLED = /\.(pt|pth|tar|ckpt|bin)$/i;

/** Endings of what is read as tensors. */
const READ = /\.(safetensors|msgpack)$/;

/** The tensors of a folder's safetensors and msgpack files together. */
async function tensorsOf(path: string, files: readonly string[], importer: Importer) {
  const named = files.filter((file) => READ.test(file));
  const pickled = files.filter((file) => PICKLED.test(file));
  if (named.length === 0)
    throw new UsageError(
      pickled.length > 0 && importer.unpickle
        ? pickles(path, pickled, importer.unpickle)
        : `${path} has no ${importer.unpickle ? "" : ".msgpack or "}.safetensors files. Put ${importer.files}.`,
    );
  const tensors: Weights = {};
  const skipped: string[] = [];
  const origins = new Map<string, string>();
  for (const file of named) {
    const at = join(path, file);
    const found = file.endsWith(".msgpack") ? await loadFlaxMsgpack(at) : (await loadSafetensors(at)).tensors;
    for (const [name, { shape, data, dtype }] of Object.entries(found)) {
      const other = origins.get(name);
      if (other !== undefined)
        throw new UsageError(`${other} and ${file} both have ${name}; leave only one of them in ${path}.`);
      origins.set(name, file);
      if (data instanceof Float32Array) tensors[name] = { shape, data };
      else if (importer.isUnused(name)) skipped.push(name);
      else throw new UsageError(`${at}: ${name} is ${dtype}; weights are F32, F16 or BF16.`);
    }
  }
  try {
    requireFinite(tensors);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  return { tensors, skipped };
}

/** What to do about files that only PyTorch reads: they may run anything when they are loaded. */
function pickles(path: string, files: readonly string[], unpickle: string): string {
  const lines = files.map((file) => {
    const from = join(path, file);
    return (
      `  python3 -c "import torch; from safetensors.torch import save_file; d = torch.load('${from}', map_location='cpu'); ` +
      `${unpickle}; save_file({k: v.contiguous() for k, v in d.items()}, '${from.replace(PICKLED, ".safetensors")}')"`
    );
  });
  return `${path} has only PyTorch's pickles, which are programs and are not read here. Convert them where PyTorch is:\n${lines.join("\n")}`;
}

/** Names of licences, which do not always stand in the first line. */
const NAMED = /CC0 1\.0 Universal|Attribution[-\w ]* 4\.0 International|MIT License|Apache License/;

async function licenceOf(files: readonly string[], textOf: (file: string) => Promise<string>): Promise<string | null> {
  const card = files.find((file) => /^readme\.md$/i.test(file));
  const stated = card ? licenceOfCard(await textOf(card)) : null;
  if (stated) return stated;
  const file = files.find((file) => /^licen[cs]e(\.|$)/i.test(file));
  const terms = file && (await textOf(file));
  const title = terms && (NAMED.exec(terms) ?? /\S.*/.exec(terms));
  return title ? `${title[0].trim()} (${file})` : null;
}

/** What the front matter of a model card says: a name, all of a list, or with its own name where it is another. */
function licenceOfCard(card: string): string | null {
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? "";
  const named = (key: string) => {
    const stated = new RegExp(`^${key}:[ \\t]*(.*(?:\\r?\\n[ \\t]*-[ \\t]*.*)*)`, "m").exec(front)?.[1] ?? "";
    const names = stated.split(/\r?\n[ \t]*-/).map((one) => one.replace(/["'[\]]/g, "").trim());
    return names.filter((one) => one !== "").join(", ") || undefined;
  };
  const licence = named("licen[cs]e");
  const name = licence === "other" ? named("license_name") : undefined;
  return licence ? `${licence}${name ? `: ${name}` : ""}` : null;
}
