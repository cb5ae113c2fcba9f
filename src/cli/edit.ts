import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { resolveDataset, toFloat } from "../data/index.js";
import { decodeImage, loadSafetensors, saveSafetensors } from "../io/index.js";
import { Images } from "../media/images.js";
import {
  crossover,
  inpaint,
  interpolate,
  loadSphere,
  morph,
  project,
  type SphereModel,
  type Split,
  vary,
} from "../methods/sphere/index.js";
import { imageSize } from "../models/files.js";
import type { DeviceName } from "../runtime/index.js";
import { opening } from "./models.js";
import { checked, printJson, say, UsageError } from "./output.js";

export interface EditCommand {
  out: string;
  label?: string;
  steps?: number;
  strength?: number;
  angle?: number;
  count?: number;
  split?: Split;
  mask?: string;
  labels?: string;
  guidance?: number;
  seed?: number;
  resize?: boolean;
  scale?: number;
  device?: DeviceName | "auto";
  json?: boolean;
}

type Edit = (model: SphereModel, sources: readonly string[], command: EditCommand) => Promise<Images | Float32Array>;

/** The verbs of `fewstep edit`. Latents are written as safetensors, everything else as a picture or a sheet. */
export const edits: Record<string, Edit> = {
  encode: async (model, sources, command) => model.encode(await pictures(model, sources, command), command),
  decode: async (model, [file], { label }) => model.decode(await latents(model, file), { label }),
  reconstruct: async (model, sources, command) => model.reconstruct(await pictures(model, sources, command), command),
  project: async (model, sources, command) => project(model, await pictures(model, sources, command), command),
  vary: async (model, sources, command) => {
    const { count = 8 } = command;
    return vary(model, repeated(await pictures(model, sources, command), count), command);
  },
  morph: async (model, sources, command) => {
    const { label } = command;
    if (label === undefined) throw new UsageError("Say what the pictures become: --label <class>.");
    return morph(model, await pictures(model, sources, command), { ...command, label });
  },
  crossover: async (model, sources, command) => {
    const [a, b] = await two(model, sources, command);
    return crossover(model, a, b, command);
  },
  inpaint: async (model, sources, command) => {
    if (!command.mask) throw new UsageError("Say what is unknown: --mask <picture>, white where it is.");
    const { height, width } = imageSize(model.config);
    const mask = await decodeImage(command.mask, { channels: 1 });
    if (mask.width !== width || mask.height !== height)
      throw new UsageError(`The mask must have ${width}×${height} pixels, got ${mask.width}×${mask.height}.`);
    const unknown = mask.pixels.map((value) => (value >= 128 ? 1 : 0));
    return inpaint(model, await pictures(model, sources, command), unknown, command);
  },
  interpolate: async (model, sources, command) => {
    const [a, b] = await two(model, sources, command);
    const labels = command.labels?.split(",");
    if (labels && labels.length !== 2)
      throw new UsageError(`--labels takes two classes with a comma between, got "${command.labels}".`);
    return interpolate(model, a, b, { ...command, labels: labels as [string, string] | undefined });
  },
};

/** Edits pictures (or latents) with a Sphere Encoder and writes the result. */
export async function editCommand(
  verb: string,
  location: string,
  sources: readonly string[],
  command: EditCommand,
): Promise<void> {
  const model = await opening((onProgress) => loadSphere(location, { device: command.device, onProgress }));
  try {
    if (sources.length === 0) throw new UsageError("Give at least one picture.");
    const result = await checked(() => edits[verb](model, sources, command));
    const out = resolve(command.out);
    const isLatents = result instanceof Float32Array;
    const count = isLatents ? result.length / model.latent : result.count;
    if (isLatents) await saveSafetensors(out, { latents: { shape: [count, model.latent], data: result } });
    else await result.save(out, { scale: command.scale ?? 1 });
    if (command.json) printJson({ verb, model: model.config.name, count, out });
    else say(`${model.config.name}: ${count} ${isLatents ? "latents" : count === 1 ? "picture" : "pictures"} → ${out}`);
  } finally {
    await model.release();
  }
}

const ROW = /^([\w-]+)\/(train|test)\/(\d+)$/;

/** Pictures from files, or from a data set as `<id>/test/<row>`; of the model's size unless they are to be scaled. */
async function pictures(model: SphereModel, sources: readonly string[], { resize }: EditCommand): Promise<Images> {
  const { height, width, channels } = imageSize(model.config);
  const parts: Float32Array[] = [];
  for (const source of sources) {
    const row = existsSync(source) ? null : ROW.exec(source);
    if (row) {
      const [, id, part, at] = row;
      const split = (await resolveDataset(id, { size: [height, width], channels }))[part as "train" | "test"];
      if (Number(at) >= split.count)
        throw new UsageError(`${id} has ${split.count} ${part} images; there is no ${at}.`);
      parts.push(toFloat(split, [Number(at)]));
      continue;
    }
    const { pixels, ...size } = await decodeImage(source, { channels, ...(resize ? { height, width } : {}) });
    if (size.height !== height || size.width !== width)
      throw new UsageError(
        `${source} has ${size.width}×${size.height} pixels, the model takes ${width}×${height}; --resize scales it.`,
      );
    const area = height * width;
    parts.push(
      Float32Array.from(
        { length: channels * area },
        (_, i) => pixels[(i % area) * channels + Math.floor(i / area)] / 127.5 - 1,
      ),
    );
  }
  const all = new Float32Array(parts.length * channels * height * width);
  parts.forEach((part, i) => void all.set(part, i * part.length));
  return new Images(all, parts.length, channels, height, width);
}

async function two(model: SphereModel, sources: readonly string[], command: EditCommand): Promise<[Images, Images]> {
  if (sources.length !== 2) throw new UsageError(`Two pictures are needed, got ${sources.length}.`);
  return [await pictures(model, [sources[0]], command), await pictures(model, [sources[1]], command)];
}

function repeated({ pixels, count, channels, height, width }: Images, times: number): Images {
  const size = pixels.length / count;
  const all = new Float32Array(pixels.length * times);
  for (let i = 0; i < count * times; i++) {
    const from = Math.floor(i / times) * size;
    all.set(pixels.subarray(from, from + size), i * size);
  }
  return new Images(all, count * times, channels, height, width);
}

async function latents(model: SphereModel, file: string): Promise<Float32Array> {
  const found = (await loadSafetensors(file)).tensors.latents;
  if (found?.shape.length !== 2 || found.shape[1] !== model.latent)
    throw new UsageError(`${file} holds no "latents" [count, ${model.latent}]; make one with fewstep edit encode.`);
  return found.data as Float32Array;
}
