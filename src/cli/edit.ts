import { resolve } from "node:path";
import { resolveDataset } from "../data/index.js";
import { decodeImage, loadSafetensors, saveSafetensors } from "../io/index.js";
import { many } from "../io/show.js";
import { Images } from "../media/images.js";
import { methods } from "../methods/registry.js";
import type { Edit, EditInput, Latents } from "../models/edits.js";
import type { Exemplars } from "../models/exemplars.js";
import { imageSize, type ModelConfig } from "../models/files.js";
import type { AnyGenerator } from "../models/generator.js";
import { parseOptions } from "../models/options.js";
import type { DeviceName } from "../runtime/index.js";
import { downloadProgress } from "./data.js";
import { dataOf, readingOf } from "./model-data.js";
import { openModel } from "./models.js";
import { requireFileName, requireSheetName } from "./numbered.js";
import { checked, printJson, requireFile, say, UsageError } from "./output.js";
import { readPictures, splitOf } from "./pictures.js";

/** What `edit` is told beside the options of the model's edit. */
export interface EditCommand {
  out: string;
  resize?: boolean;
  scale?: number;
  /** A picture, white where pixels are unknown. */
  mask?: string;
  /** Where exemplars come from: a data set, or pictures. */
  data?: string;
  like?: readonly string[];
  /** Takes a run that was stopped as it is. */
  checkpoint?: boolean;
  device?: DeviceName | "auto";
  json?: boolean;
  [option: string]: unknown;
}

/** Edits pictures (or latents) with a model and writes the result: latents as safetensors, pictures as a sheet. */
export async function editCommand(
  verb: string,
  location: string,
  sources: readonly string[],
  { out: file, resize, scale, mask, data, like, checkpoint, device, json, ...options }: EditCommand,
): Promise<void> {
  const model = await openModel(location, device, checkpoint);
  try {
    const edit = editOf(model, verb, location);
    if (edit.gives === "pictures") requireSheetName(file);
    else requireFileName(file, "the latents");
    const { config } = model;
    await checked(() => parseOptions(edit.options, options, `${config.name}'s ${verb}`));
    const input = await inputOf(edit, config, { verb, sources, resize, mask, data, like });
    const result = await edit.run(input, options);
    const out = resolve(file);
    if (result instanceof Images) await result.save(out, { scale: scale ?? 1 });
    else await saveLatents(out, result);
    const { count } = result;
    if (json) printJson({ verb, model: config.name, count, out });
    else say(`${config.name}: ${many(count, edit.gives === "latents" ? "latent" : "picture")} → ${out}`);
  } finally {
    await model.release();
  }
}

/** The model's edit of that name. @throws UsageError that says who has it. */
function editOf(model: AnyGenerator, verb: string, location: string): Edit {
  const edits = (model.kind === "image" && model.edits) || {};
  if (Object.hasOwn(edits, verb)) return edits[verb];
  const own = Object.keys(edits);
  const able = Object.keys(methods).filter((name) => Object.hasOwn(methods[name].edits, verb));
  throw new UsageError(
    `${location} is a ${model.method} model and has no "${verb}"; ${able.join(" and ")} models do. ` +
      (own.length > 0 ? `It has ${own.join(", ")}.` : "It edits no pictures."),
  );
}

type Given = Pick<EditCommand, "resize" | "mask" | "data" | "like"> & { verb: string; sources: readonly string[] };

/** Reads what an edit takes; what it does not take is refused. */
async function inputOf(
  { takes }: Edit,
  config: ModelConfig,
  { verb, sources, resize, mask, data, like }: Given,
): Promise<EditInput> {
  const refuse = (flag: string) => {
    throw new UsageError(`${config.name}'s ${verb} has no use for ${flag}; leave it out.`);
  };
  const exemplary = takes.includes("exemplars");
  if (mask !== undefined && !takes.includes("mask")) refuse("--mask");
  if (data !== undefined && !exemplary) refuse("--data");
  if (like !== undefined && !exemplary) refuse("--like");
  if (data !== undefined && like !== undefined) throw new UsageError("Exemplars come from --data or --like, not both.");
  if (takes.includes("latents")) return { latents: await readLatents(sources[0]) };
  if (sources.length === 0) throw new UsageError("Give at least one picture.");
  if (takes.includes("pair") && sources.length !== 2)
    throw new UsageError(`Two pictures are needed, got ${sources.length}.`);
  const size = imageSize(config);
  return {
    pictures: await readPictures(sources, size, { resize }),
    ...(takes.includes("mask") && { mask: await readMask(mask, size) }),
    ...(exemplary && { exemplars: await readExemplars(config, { data, like, resize }) }),
  };
}

async function readMask(file: string | undefined, { height, width }: ReturnType<typeof imageSize>) {
  if (!file) throw new UsageError("Say what is unknown: --mask <picture>, white where it is.");
  requireFile(file, "a picture");
  const mask = await decodeImage(file, { channels: 1 });
  if (mask.width !== width || mask.height !== height)
    throw new UsageError(`The mask must have ${width}×${height} pixels, got ${mask.width}×${mask.height}.`);
  return Float32Array.from(mask.pixels, (value) => (value >= 128 ? 1 : 0));
}

async function readExemplars(
  config: ModelConfig,
  { data, like, resize }: Pick<EditCommand, "data" | "like" | "resize">,
): Promise<Exemplars> {
  const { height, width, channels } = imageSize(config);
  if (like)
    return { split: splitOf(await readPictures(like, { height, width, channels }, { resize })), classNames: null };
  const { onProgress, stop } = downloadProgress();
  try {
    const dataset = await resolveDataset(await dataOf(config, data), {
      ...readingOf(config),
      size: [height, width],
      channels,
      onProgress,
    });
    if (dataset.height !== height || dataset.width !== width || dataset.channels !== channels)
      throw new UsageError(
        `${config.name} takes exemplars of ${width}×${height}×${channels}, but ${dataset.id} has ${dataset.width}×${dataset.height}×${dataset.channels}.`,
      );
    return { split: dataset.train, classNames: dataset.classNames };
  } finally {
    stop();
  }
}

const saveLatents = (out: string, { values, count, size }: Latents): Promise<void> =>
  saveSafetensors(out, { latents: { shape: [count, size], data: values } });

async function readLatents(file: string | undefined): Promise<Latents> {
  if (!file) throw new UsageError("Give the latents that fewstep edit encode has made.");
  requireFile(file, "latents that fewstep edit encode has made");
  const found = (await loadSafetensors(file)).tensors.latents;
  if (found?.shape.length !== 2 || !(found.data instanceof Float32Array))
    throw new UsageError(`${file} holds no "latents" [count, size]; make one with fewstep edit encode.`);
  const [count, size] = found.shape;
  return { values: found.data, count, size };
}
