import type { SampleOptions } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";

/** What `fewstep eval` is told. */
export interface EvalCommand {
  data?: string;
  /** Of models of images: `classifier` (default), `resnet50-imagenet`, `pixel-pca`, a classifier's folder or an ONNX file. */
  features?: string;
  /** Samples, and test images at most; default 10,000 images, 256 texts or motions, 200 people who gesture. */
  count?: number;
  steps?: number[];
  /** Of models of text: an autoregressive model; default a Kneser–Ney model. Of motion: a motion-judge. */
  judge?: string;
  seed: number;
  /** Further options of the model. */
  options?: SampleOptions;
  /** Where a sheet of samples beside their nearest training images goes. */
  neighbours?: string;
  /** Takes a run that was stopped as it is. */
  checkpoint?: boolean;
  device?: DeviceName | "auto";
  json?: boolean;
}

/** What samples are asked for: at each number of steps, or (none given) at the model's own. */
export const stepsAsked = (options: SampleOptions, seed: number, steps?: readonly number[]): SampleOptions[] =>
  steps ? steps.map((step) => ({ ...options, seed, steps: step })) : [{ ...options, seed }];
