import { requireKnown } from "../io/known.js";
import { show } from "../io/show.js";
import { OptionError } from "../io/wrong-use.js";
import type { TrainOptions } from "./run.js";

const KNOWN: Record<keyof TrainOptions, true> = {
  ...{ out: true, resume: true, name: true, source: true, free: true, from: true },
  ...{ checkpointEvery: true, checkpointSeconds: true, keep: true, sampleEvery: true, maxSeconds: true },
  ...{
    device: true,
    threads: true,
    place: true,
    gradientCheckpointing: true,
    ranks: true,
    signal: true,
    onProgress: true,
  },
};

/** Options of a training run: none that there are not, and values that can be. @throws OptionError */
export function requireTraining(method: string, options: TrainOptions): void {
  requireKnown(`training of "${method}"`, options, Object.keys(KNOWN));
  const { name, resume, place, gradientCheckpointing } = options;
  if (name !== undefined && (typeof name !== "string" || name === ""))
    throw new OptionError(`name must be a text that is not empty, got ${show(name)}.`);
  if (resume !== undefined && typeof resume !== "boolean")
    throw new OptionError(`resume must be true or false, got ${show(resume)}.`);
  if (gradientCheckpointing !== undefined && typeof gradientCheckpointing !== "boolean")
    throw new OptionError(`gradientCheckpointing must be true or false, got ${show(gradientCheckpointing)}.`);
  if (place !== undefined && place !== "host" && place !== "device")
    throw new OptionError(`place must be "host" or "device", got ${show(place)}.`);
}
