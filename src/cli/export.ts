import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { methodOf } from "../methods/registry.js";
import {
  type ModelConfig,
  NoSuchModel,
  type ReadModel,
  readModel,
  type WeightType,
  writeModel,
} from "../models/files.js";
import { isFiner } from "../models/weight-types.js";
import { exportTriton } from "./export-triton.js";
import { opening, openModel } from "./models.js";
import { requireFileName } from "./numbered.js";
import { printJson, say, UsageError } from "./output.js";

export interface ExportCommand {
  /** Where it goes; needed without `triton`. */
  out?: string;
  /** Folder of models for a server of ONNX files, in place of `out`. */
  triton?: string;
  /** Samples of an evaluation, default any number; with `triton` the most of a batch, default 64. */
  batch?: number;
  /** Which network; default the model's first part. */
  part?: string;
  /** Writes a model folder whose weights are stored so, in place of ONNX. */
  dtype?: WeightType;
  /** Writes a model folder with its weights, and lighter ones beside them, each measured. */
  lighter?: boolean;
  /** With `lighter`: test images, features and samples of each comparison, as of `eval`. */
  data?: string;
  features?: string;
  count?: number;
  /** Takes a run that was stopped as it is. */
  checkpoint?: boolean;
  json?: boolean;
}

/**
 * Writes one of a model's networks as an ONNX file, the model as a folder with weights of another type, or into a
 * repository of Triton's.
 */
export async function exportCommand(location: string, command: ExportCommand): Promise<void> {
  const { out, triton, dtype, lighter } = command;
  if (lighter) return exportBeside(location, command);
  for (const name of ["data", "features", "count"] as const)
    if (command[name] !== undefined) throw new UsageError(`--${name} is for --lighter, which measures.`);
  if (triton !== undefined) return exportTriton(location, triton, command);
  if (out === undefined) throw new UsageError("Say where it goes: --out <path>, or --triton <repository>.");
  return dtype === undefined
    ? exportOnnx(location, { ...command, out })
    : exportFolder(location, dtype, { ...command, out });
}

async function exportBeside(
  location: string,
  { lighter: _, out, data, features, count, json, ...others }: ExportCommand,
) {
  const [idle] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (idle) throw new UsageError(`--${idle} is not for --lighter, which writes a model folder with all weights.`);
  if (out === undefined) throw new UsageError("Say where it goes: --out <folder>.");
  await requireFreeFolder(resolve(out));
  const { exportLighter } = await import("./export-lighter.js");
  return exportLighter(location, await filesOf(location), { out, data, features, count, json });
}

/** A model as its files have it, whatever it does. */
function filesOf(location: string, checkpoint?: boolean): Promise<ReadModel> {
  const choose = ({ method }: ModelConfig) => {
    const known = methodOf(method);
    if (known) return known.architecture;
    throw new NoSuchModel(`${location}: there is no method "${method}".`);
  };
  return opening((onProgress) => readModel(location, choose, { checkpoint, onProgress }));
}

type WithOut = ExportCommand & { out: string };

async function exportOnnx(location: string, { out, batch, part, checkpoint, json }: WithOut): Promise<void> {
  requireFileName(out, "the network");
  const model = await openModel(location, undefined, checkpoint);
  try {
    const names = Object.keys(model.parts);
    const name = part ?? names[0];
    if (!Object.hasOwn(model.parts, name))
      throw new UsageError(`${model.config.name} has no part "${name}"; it has ${names.join(", ")}.`);
    const bytes = model.parts[name].toOnnx(batch);
    const path = resolve(out);
    await writeFileAtomic(path, bytes);
    if (json) printJson({ model: model.config.name, batch: batch ?? null, bytes: bytes.length, out: path });
    else say(`${model.config.name}: ${(bytes.length / 1e6).toFixed(1)} MB → ${path}`);
  } finally {
    await model.release();
  }
}

async function exportFolder(location: string, dtype: WeightType, { out, json, ...other }: WithOut): Promise<void> {
  const { checkpoint, batch, part } = other;
  if (batch !== undefined || part !== undefined)
    throw new UsageError(`--${part === undefined ? "batch" : "part"} is for ONNX files; --dtype writes a whole model.`);
  const folder = resolve(out);
  await requireFreeFolder(folder);
  const files = await filesOf(location, checkpoint);
  await writeModel(folder, files, { dtype });
  const { size } = await stat(join(folder, "model.safetensors"));
  const { stored } = files;
  const note = isFiner(dtype, stored)
    ? `${location} has weights of ${stored}, rounded already: as ${dtype} they take more room and are no more exact. ` +
      "Export the model as it was trained, where you have it."
    : null;
  if (note) say(note);
  if (json) printJson({ model: files.config.name, stored, dtype, note, bytes: size, out: folder });
  else say(`${files.config.name} with weights of ${dtype}: ${(size / 1e6).toFixed(1)} MB → ${folder}`);
}

/** Nothing is written over: a folder that holds a model or anything else may be the one that is read. */
async function requireFreeFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error.code === "ENOTDIR" ? new UsageError(`${folder} is a file; --dtype writes a folder.`) : error;
  });
  if (found.length > 0) throw new UsageError(`${folder} is not empty; give --out a new folder.`);
}
