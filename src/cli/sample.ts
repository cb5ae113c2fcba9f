import { basename, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { ImageModel } from "../methods/index.js";
import { resolveLabels } from "../methods/shared/images.js";
import type { DeviceName } from "../runtime/index.js";
import { openModel } from "./models.js";
import { checked, printJson, say, UsageError } from "./output.js";

export interface SampleCommand {
  count: number;
  label?: string;
  guidance?: number;
  steps?: number;
  /** Solver of flow models. */
  sampler?: string;
  /** Of sphere models. */
  guidanceAt?: string;
  shareNoise?: string;
  seed: number;
  out?: string;
  device?: DeviceName | "auto";
  json?: boolean;
}

export interface SampleResult {
  model: string;
  count: number;
  steps: number;
  /** Network evaluations per image. */
  nfe: number;
  msPerImage: number;
  seed: number;
  out: string;
}

/** Draws a sheet of samples. The first call of a model compiles it, so the time is measured on a second one. */
export async function sampleToFile(
  location: string,
  { out, device, ...command }: SampleCommand,
): Promise<SampleResult> {
  const model = await openModel(location, device);
  try {
    await refuseWhatItCannot(model, command);
    const { json: _, ...options } = command;
    const { count, steps, seed } = options;
    await model.sample(options);
    const start = performance.now();
    const images = await model.sample(options);
    const elapsed = performance.now() - start;
    const path = resolve(out ?? `out/${basename(resolve(location))}.png`);
    await images.savePng(path, { scale: images.height <= 32 ? 2 : 1 });
    const nfe = model.nfe(options);
    return {
      model: model.config.name,
      count,
      steps: steps ?? model.nfe(),
      nfe,
      msPerImage: Number((elapsed / count).toFixed(3)),
      seed,
      out: path,
    };
  } finally {
    await model.release();
  }
}

/** Options that one method has. */
const OWN_OPTIONS = [
  ["sampler", "--sampler", "flow"],
  ["guidanceAt", "--guidance-at", "sphere"],
  ["shareNoise", "--share-noise", "sphere"],
] as const;

/** Options that a model has no use for are wrong use, rather than ignored. */
async function refuseWhatItCannot(model: ImageModel, command: SampleCommand): Promise<void> {
  const { count, label, guidance, steps } = command;
  const { name } = model.config;
  if (model.nfe({ steps: 1 }) === model.nfe({ steps: 2 }) && steps !== undefined && steps !== model.nfe())
    throw new UsageError(`${name} is a one-step model: it takes 1 step, not ${steps}; leave out --steps.`);
  for (const [option, flag, method] of OWN_OPTIONS)
    if (command[option] !== undefined && model.method !== method)
      throw new UsageError(`${name} is a ${model.method} model; only ${method} models take ${flag}. Leave it out.`);
  if (guidance !== undefined && model.classNames === null)
    throw new UsageError(`${name} has no classes to be guided to; leave out --guidance.`);
  await checked(() => resolveLabels(label, count, model.classNames));
  await checked(() => model.nfe(command));
}

export async function sampleCommand(location: string, command: SampleCommand): Promise<void> {
  const result = await sampleToFile(location, command);
  if (command.json) printJson(result);
  else
    say(
      `${result.model}: ${result.count} images, ${result.nfe} network evaluation${result.nfe === 1 ? "" : "s"} each, ${result.msPerImage} ms per image → ${result.out}`,
    );
}
