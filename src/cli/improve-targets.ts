import { resolveQuestions } from "../data/index.js";
import {
  answerTarget,
  type ImproveContext,
  type Improvement,
  type ImprovePlan,
  imageTarget,
  independentJudge,
  motionTarget,
} from "../loops/diagnostic/index.js";
import type { ModelConfig } from "../models/files.js";
import type { ImageGenerator, MotionGenerator } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";
import { withInterrupt } from "../train/index.js";
import { downloadProgress } from "./data.js";
import { openDrawing, openMotionJudge } from "./diagnose-drawn.js";
import { asDrawn, imagesFor, motionsFor, readingOf } from "./model-data.js";
import { say, UsageError } from "./output.js";

interface Given {
  data?: string;
  device?: DeviceName | "auto";
}
type Run = <D>(context: Pick<ImproveContext<D>, "target" | "source" | "signal">) => Promise<Improvement | null>;

/** Skills of a model that answers; its questions need no judge. */
export async function improveAnswers(plan: ImprovePlan, { device, data }: Given, run: Run) {
  const dataset = await resolveQuestions(data ?? plan.data);
  const source = { data: plan.data };
  return withInterrupt(
    (signal) => run({ target: answerTarget({ plan, dataset, device, signal }), source, signal }),
    say,
  );
}

/** Classes, clusters or actions of a model that draws. */
export async function improveDrawing(plan: ImprovePlan, given: Given, run: Run) {
  const model = await openDrawing(plan.run, given.device);
  try {
    return await (model.kind === "image"
      ? improveImages(model, plan, given, run)
      : improveMotions(model, plan, given, run));
  } finally {
    await model.release();
  }
}

async function improveImages(model: ImageGenerator, plan: ImprovePlan, { device, data }: Given, run: Run) {
  const { onProgress, stop } = downloadProgress();
  try {
    const taught = await imagesFor(model, plan.run, data, onProgress);
    requireSame(model.config, plan.run, taught, String(model.config.classNames) === String(taught.classNames));
    const dataset = asDrawn(model, taught);
    const about = { location: plan.run, config: model.config };
    const judge = await independentJudge(plan.judge!, dataset, about, { device, onProgress });
    stop();
    try {
      const source = sourceOf(model.config, plan, taught);
      return await withInterrupt(
        (signal) => run({ target: imageTarget({ plan, dataset, taught, judge, device, signal }), source, signal }),
        say,
      );
    } finally {
      await judge.release();
    }
  } finally {
    stop();
  }
}

async function improveMotions(model: MotionGenerator, plan: ImprovePlan, { device, data }: Given, run: Run) {
  const judge = await openMotionJudge(plan.judge!, device);
  const { onProgress, stop } = downloadProgress();
  try {
    // Half of what there is to test with decides on rounds
    const dataset = await motionsFor(model.config, plan.run, data, { each: 2 * plan.perClass, onProgress });
    stop();
    requireSame(model.config, plan.run, dataset);
    const source = sourceOf(model.config, plan, dataset);
    return await withInterrupt(
      (signal) => run({ target: motionTarget({ plan, dataset, judge, device, signal }), source, signal }),
      say,
    );
  } finally {
    stop();
    await judge.release();
  }
}

interface Read {
  id: string;
  report?: { path: string | null; sha256: string };
}

/** Refuses data that a run was not trained on. */
function requireSame({ training }: ModelConfig, run: string, { id, report }: Read, fits = true): void {
  if (fits && !(typeof training.dataSha256 === "string" && report && report.sha256 !== training.dataSha256)) return;
  throw new UsageError(
    `${report?.path ?? id} is not what ${run} was trained on; it can be improved on the same data only. Leave out --data, or say where those are now.`,
  );
}

const sourceOf = (config: ModelConfig, plan: ImprovePlan, { report }: Read) => ({
  ...readingOf(config),
  data: report?.path ?? plan.data,
});
