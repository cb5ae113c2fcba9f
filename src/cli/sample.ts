import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { locationName } from "../models/files.js";
import type { AnyGenerator } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";
import { openModel } from "./models.js";
import { checked, printJson, say } from "./output.js";
import { stepBar } from "./step-bar.js";

/** What `sample` is told beside the options of the model. */
export interface SampleCommand {
  out?: string;
  device?: DeviceName | "auto";
  json?: boolean;
}

export interface SampleResult {
  model: string;
  kind: string;
  count: number;
  /** Network evaluations of a sample. */
  nfe: number;
  msPerSample: number;
  seed: number;
  out: string;
  /** Of models of text. */
  texts?: readonly string[];
}

/** How many samples of a kind are drawn where nobody says. */
export const COUNTS = { image: 64, text: 8 };

/** Draws and writes samples. The time is that of drawing, without compiling the model. */
export async function sampleToFile(
  model: AnyGenerator,
  location: string,
  given: Record<string, unknown>,
  { out }: SampleCommand = {},
): Promise<SampleResult> {
  const { count = COUNTS[model.kind], ...others } = given as { count?: number };
  const options = { count, ...others };
  const nfe = await checked(() => model.cost(options));
  const began = performance.now();
  const compiled = model.compilingSeconds;
  const { onStep, stop } = stepBar(model.config.name);
  const drawn = await model.sample(options, { onStep }).finally(stop);
  const seconds = (performance.now() - began) / 1e3 - (model.compilingSeconds - compiled);
  const path = resolve(out ?? `out/${locationName(location)}.${model.kind === "text" ? "txt" : "png"}`);
  await (drawn.kind === "image" ? drawn.save(path, { scale: drawn.height <= 32 ? 2 : 1 }) : drawn.save(path));
  return {
    model: model.config.name,
    kind: model.kind,
    count,
    nfe,
    msPerSample: Number(((1e3 * seconds) / count).toFixed(3)),
    seed: (options as { seed?: number }).seed ?? 0,
    out: path,
    ...(drawn.kind === "text" ? { texts: drawn.strings } : {}),
  };
}

export async function sampleCommand(
  location: string,
  given: Record<string, unknown>,
  command: SampleCommand,
): Promise<void> {
  const model = await openModel(location, command.device);
  try {
    const result = await sampleToFile(model, location, given, command);
    if (command.json) return printJson(result);
    const { texts, kind, count, nfe, msPerSample, out } = result;
    if (texts) process.stdout.write(`${texts.join("\n")}\n`);
    const many = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
    say(
      `${result.model}: ${many(count, kind)}, ${many(nfe, "network evaluation")} each, ${msPerSample} ms per ${kind} → ${out}`,
    );
  } finally {
    await model.release();
  }
}
