import type { ImageDataset } from "../../data/index.js";
import { reweighted } from "../../data/mixture.js";
import type { Extractor } from "../../judges/extractors/index.js";
import { loadModel } from "../../methods/load.js";
import type { DeviceName } from "../../runtime/index.js";
import { drawnTarget } from "./drawn-target.js";
import { imagePictures } from "./image-pictures.js";
import { diagnoseImages, type ImageDiagnosis } from "./images.js";
import { diagnosisHtml } from "./report.js";
import type { ImprovePlan } from "./state.js";
import type { Target } from "./target.js";
import { imageWeights } from "./weights.js";

export interface ImageTargetOptions {
  plan: ImprovePlan;
  /** What samples are compared with: rounded to what the model can draw. */
  dataset: ImageDataset;
  /** What is trained on; default the same. */
  taught?: ImageDataset;
  judge: Extractor;
  device?: DeviceName | "auto";
  signal?: AbortSignal;
}

/** Models of images: their classes (or clusters), and the kinds inside these. */
export function imageTarget(options: ImageTargetOptions): Target<ImageDiagnosis> {
  const { plan, dataset, taught = dataset, judge, device, signal } = options;
  const { perClass, settings } = plan;
  return drawnTarget<ImageDiagnosis>({
    ...{ plan, data: dataset.id, judge: judge.name, kind: "image", train: dataset.train, test: dataset.test },
    async look(run, { steered, ...how }) {
      const model = await loadModel(run, { kind: "image", device });
      try {
        const held = steered && { centres: steered.centres, kinds: 0 };
        return await diagnoseImages(model, dataset, judge, { perClass, ...how, ...held, signal });
      } finally {
        await model.release();
      }
    },
    async lessons(mixed) {
      if (!mixed) return [{ dataset: taught, settings }];
      const weights = await imageWeights(mixed.found, mixed.shares, dataset, judge, signal);
      return [{ dataset: reweighted(taught, weights), settings }];
    },
    html: (found, about) => diagnosisHtml(found, about, imagePictures(found, dataset)),
  });
}
