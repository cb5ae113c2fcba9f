import type { MotionDataset } from "../../data/motion-dataset.js";
import { reweightedMotions } from "../../data/motion-mixture.js";
import type { MotionJudge } from "../../judges/motion/model.js";
import { loadModel } from "../../methods/load.js";
import type { DeviceName } from "../../runtime/index.js";
import { drawnTarget } from "./drawn-target.js";
import { motionPictures } from "./motion-pictures.js";
import { diagnoseMotions, type MotionDiagnosis, stretchesOf } from "./motions.js";
import { diagnosisHtml } from "./report.js";
import type { ImprovePlan } from "./state.js";
import type { Target } from "./target.js";

export interface MotionTargetOptions {
  plan: ImprovePlan;
  dataset: MotionDataset;
  judge: MotionJudge;
  device?: DeviceName | "auto";
  signal?: AbortSignal;
}

/** Models of motion: their actions. The mixture knows actions only, no kinds inside them. */
export function motionTarget({ plan, dataset, judge, device, signal }: MotionTargetOptions): Target<MotionDiagnosis> {
  const { perClass, settings } = plan;
  const [train, test] = (["train", "test"] as const).map((split) => {
    const labels = stretchesOf(dataset[split], judge.shape.frames).map(({ label }) => label);
    return { count: labels.length, labels };
  });
  return drawnTarget<MotionDiagnosis>({
    ...{ plan, data: dataset.id, judge: judge.config.name, kind: "motion", train, test },
    async look(run, { seed, real, floor }) {
      const model = await loadModel(run, { kind: "motion", device });
      try {
        return await diagnoseMotions(model, dataset, judge, { perClass, seed, real, floor, kinds: 0, signal });
      } finally {
        await model.release();
      }
    },
    async lessons(mixed) {
      if (!mixed) return [{ dataset, settings }];
      const { groups } = mixed.found;
      const times = dataset.classNames!.map((_, label) => {
        const at = groups.findIndex(({ index }) => index === label);
        return at < 0 ? 1 : mixed.shares[at].times; // what was not measured has an equal share
      });
      return [{ dataset: reweightedMotions(dataset, times), settings }];
    },
    html: (found, about) => diagnosisHtml(found, about, motionPictures(found)),
  });
}
