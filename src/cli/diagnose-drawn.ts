import { MotionJudge } from "../judges/motion/model.js";
import {
  type Drawn,
  diagnoseImages,
  diagnoseMotions,
  imagePictures,
  independentJudge,
  motionPictures,
  type Pictures,
} from "../loops/diagnostic/index.js";
import type { ImageGenerator, MotionGenerator } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";
import { downloadProgress } from "./data.js";
import type { DiagnoseCommand } from "./diagnose-command.js";
import { asDrawn, imagesFor, motionsFor } from "./model-data.js";
import { opening, openModel } from "./models.js";
import { UsageError } from "./output.js";

/** What a diagnosis of a model that draws is made of. */
export interface DrawnFound {
  found: Drawn;
  data: string;
  judge: string;
  pictures: Pictures;
}

/** A model of images or of motion; another kind is wrong use. */
export async function openDrawing(location: string, device?: DeviceName | "auto", checkpoint?: boolean) {
  const model = await openModel(location, device, checkpoint);
  if (model.kind === "image" || model.kind === "motion") return model;
  await model.release();
  throw new UsageError(
    `${location} draws ${model.kind}s, which are of no classes that could be told apart; measure it with: fewstep eval.`,
  );
}

/** Motions of each action in a diagnosis at most, where nothing is said. */
export const MOTIONS = 60;

/** Where the judge of a model of motion is. @throws UsageError where none is named */
export function requireMotionJudge(location: string, at: string | undefined): string {
  if (at !== undefined) return at;
  throw new UsageError(
    `${location} draws motions, which a network judges that learnt apart from it. Train one ` +
      "(fewstep train motion-judge --data locomotion --out runs/judge) and name it with --features runs/judge.",
  );
}

export const openMotionJudge = (at: string, device?: DeviceName | "auto"): Promise<MotionJudge> =>
  opening((onProgress) => MotionJudge.load(at, { device, onProgress }));

export async function diagnoseImageModel(
  model: ImageGenerator,
  location: string,
  { features = "classifier", data, count, seed, options, device }: DiagnoseCommand,
): Promise<DrawnFound> {
  const { onProgress, stop } = downloadProgress();
  try {
    const dataset = asDrawn(model, await imagesFor(model, location, data, onProgress));
    const judge = await independentJudge(features, dataset, { location, config: model.config }, { device, onProgress });
    try {
      const found = await diagnoseImages(model, dataset, judge, { sample: options, perClass: count, seed });
      return { found, data: dataset.id, judge: judge.name, pictures: imagePictures(found, dataset) };
    } finally {
      await judge.release();
    }
  } finally {
    stop();
  }
}

export async function diagnoseMotionModel(
  model: MotionGenerator,
  location: string,
  { features, data, count = MOTIONS, seed, options, device }: DiagnoseCommand,
): Promise<DrawnFound> {
  const judge = await openMotionJudge(requireMotionJudge(location, features), device);
  const { onProgress, stop } = downloadProgress();
  try {
    const dataset = await motionsFor(model.config, location, data, { each: count, onProgress });
    const found = await diagnoseMotions(model, dataset, judge, { sample: options, perClass: count, seed });
    return { found, data: dataset.id, judge: judge.config.name, pictures: motionPictures(found) };
  } finally {
    stop();
    await judge.release();
  }
}
