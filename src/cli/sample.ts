import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { writeFileAtomic } from "../io/atomic.js";
import type { TextModel } from "../methods/discrete/text-model.js";
import type { ImageModel } from "../methods/registry.js";
import { locationName } from "../models/files.js";
import type { DeviceName } from "../runtime/index.js";
import { openAny } from "./models.js";
import { checked, printJson, say, UsageError } from "./output.js";

export interface SampleCommand {
  count: number;
  label?: string;
  guidance?: number;
  steps?: number;
  /** Solver of flow models, Ψ-sampler of discrete ones. */
  sampler?: string;
  /** Of discrete models. */
  kappa?: number;
  eta?: number;
  nucleus?: number;
  /** Of models of text. */
  prompt?: string;
  template?: string;
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
  model: ImageModel,
  location: string,
  { out, ...command }: SampleCommand,
): Promise<SampleResult> {
  try {
    await refuseWhatItCannot(model, command);
    const { json: _, device: __, ...options } = command;
    const { count, steps, seed } = options;
    await model.sample(options);
    const start = performance.now();
    const images = await model.sample(options);
    const elapsed = performance.now() - start;
    const path = resolve(out ?? `out/${locationName(location)}.png`);
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
  ["sampler", "--sampler", ["flow", "discrete"]],
  ["kappa", "--kappa", ["discrete"]],
  ["eta", "--eta", ["discrete"]],
  ["nucleus", "--nucleus", ["discrete"]],
  ["guidanceAt", "--guidance-at", ["sphere"]],
  ["shareNoise", "--share-noise", ["sphere"]],
] as const;

/** Refuses the options of other methods than the model's. */
export function refuseOthersOptions(
  { method, config }: Pick<ImageModel, "method" | "config">,
  command: { [O in (typeof OWN_OPTIONS)[number][0]]?: unknown },
): void {
  for (const [option, flag, methods] of OWN_OPTIONS)
    if (command[option] !== undefined && !methods.some((own) => own === method))
      throw new UsageError(
        `${config.name} is a ${method} model; only ${methods.join(" and ")} models take ${flag}. Leave it out.`,
      );
}

/** Options that a model has no use for are wrong use, rather than ignored. */
async function refuseWhatItCannot(model: ImageModel, command: SampleCommand): Promise<void> {
  const { name } = model.config;
  refuseOthersOptions(model, command);
  for (const option of ["prompt", "template"] as const)
    if (command[option] !== undefined) throw new UsageError(`${name} draws images; leave out --${option}.`);
  if (command.guidance !== undefined && model.classNames === null)
    throw new UsageError(`${name} has no classes to be guided to; leave out --guidance.`);
  await checked(() => model.check(command));
}

export interface TextResult extends SampleResult {
  texts: string[];
}

/** Draws texts and writes them to a file, one after the other (lines of a model of lines, else apart by an empty line). */
export async function sampleTexts(
  model: TextModel,
  location: string,
  { out, device: _, guidanceAt, shareNoise, json: __, sampler, ...command }: SampleCommand,
): Promise<TextResult> {
  if (guidanceAt !== undefined || shareNoise !== undefined)
    throw new UsageError(`${location} draws text; leave out --guidance-at and --share-noise.`);
  try {
    const options = { ...command, sampler: sampler as never };
    await checked(() => model.check(options));
    const start = performance.now();
    const texts = await model.sample(options);
    const elapsed = performance.now() - start;
    const { count, seed } = command;
    const path = resolve(out ?? `out/${locationName(location)}.txt`);
    await writeFileAtomic(path, `${texts.join(model.lines ? "\n" : "\n\n")}\n`);
    const nfe = model.nfe(options);
    const steps = command.steps ?? model.nfe({}) - 1;
    const msPerImage = Number((elapsed / count).toFixed(3));
    return { model: model.config.name, count, steps, nfe, msPerImage, seed, out: path, texts };
  } finally {
    await model.release();
  }
}

export async function sampleCommand(location: string, command: SampleCommand): Promise<void> {
  const { draws, model } = await openAny(location, command.device);
  if (draws === "text") {
    const result = await sampleTexts(model, location, command);
    if (command.json) return printJson(result);
    process.stdout.write(`${result.texts.join("\n")}\n`);
    const { model: name, count, nfe, msPerImage, out } = result;
    return say(`${name}: ${count} texts, ${nfe} network evaluations each, ${msPerImage} ms per text → ${out}`);
  }
  const result = await sampleToFile(model, location, command);
  if (command.json) printJson(result);
  else
    say(
      `${result.model}: ${result.count} images, ${result.nfe} network evaluation${result.nfe === 1 ? "" : "s"} each, ${result.msPerImage} ms per image → ${result.out}`,
    );
}
