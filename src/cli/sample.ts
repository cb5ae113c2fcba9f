import { basename, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { loadModel } from "../methods/index.js";
import type { DeviceName } from "../runtime/index.js";
import { printJson, say, UsageError } from "./output.js";

export interface SampleCommand {
  count: number;
  label?: string;
  guidance?: number;
  steps?: number;
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
  { count, label, guidance, steps, seed, out, device }: SampleCommand,
): Promise<SampleResult> {
  const model = await loadModel(location, { device });
  try {
    const options = { count, label, guidance, steps, seed };
    if (steps !== undefined && model.nfe({ steps: 1 }) === model.nfe({ steps: 2 }) && steps !== model.nfe())
      throw new UsageError(`${model.config.name} takes ${model.nfe()} step, not ${steps}; leave out --steps.`);
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
      steps: steps ?? nfe,
      nfe,
      msPerImage: Number((elapsed / count).toFixed(3)),
      seed,
      out: path,
    };
  } finally {
    await model.release();
  }
}

export async function sampleCommand(location: string, command: SampleCommand): Promise<void> {
  const result = await sampleToFile(location, command);
  if (command.json) printJson(result);
  else
    say(
      `${result.model}: ${result.count} images, ${result.nfe} network evaluation${result.nfe === 1 ? "" : "s"} each, ${result.msPerImage} ms per image → ${result.out}`,
    );
}
