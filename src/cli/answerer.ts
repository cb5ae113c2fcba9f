import { methodOf } from "../methods/registry.js";
import { VisionLanguageModel } from "../methods/vision-language/model.js";
import { readModelConfig } from "../models/files.js";
import type { DeviceName } from "../runtime/index.js";
import { opening } from "./models.js";
import { say } from "./output.js";

interface Opening {
  device?: DeviceName | "auto";
  checkpoint?: boolean;
}

/** Whether a model answers questions about pictures, by its description. @throws UsageError where there is none */
export const answersQuestions = (location: string, { checkpoint }: Opening): Promise<boolean> =>
  opening(async (onProgress) => {
    const { method } = await readModelConfig(location, { onProgress, checkpoint });
    return methodOf(method)?.answers ?? false;
  });

/** Loads a model that answers questions about pictures; another is wrong use. */
export async function openAnswerer(location: string, { device, checkpoint }: Opening): Promise<VisionLanguageModel> {
  const model = await opening((onProgress) => VisionLanguageModel.load(location, { device, checkpoint, onProgress }));
  const { steps, stage } = model.config.training;
  if (checkpoint) say(`${location} as it is at step ${steps}, in the stage "${stage}".`);
  return model;
}
