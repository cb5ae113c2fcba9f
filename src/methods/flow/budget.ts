import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import type { ImageDataset } from "../../data/index.js";
import type { TrainingCompute, TrainOptions } from "../../train/index.js";
import { parseSettings } from "../../train/settings.js";
import { type FlowSettings, flowSettings } from "./settings.js";
import { trainFlow } from "./train.js";

/** What a short run on this machine took. */
export interface StepTimes {
  /** Seconds per step by stage; `warm` are the autoencoder's steps without the feature term. */
  stepSeconds: Partial<Record<"mae" | "features" | "warm" | "autoencoder" | "flow" | "decoder" | "frechet", number>>;
  /** Seconds for everything beside the steps: compiling, encoding the data, writing. */
  overhead: number;
}

/** Flow steps for which the whole training takes `seconds`. Throws where the other stages leave no time for one. */
export function flowStepsWithin(seconds: number, { stepSeconds, overhead }: StepTimes, config: FlowSettings): number {
  const { features, autoencoder, jointStage, frechetStage } = config;
  const { flow = 0, ...others } = stepSeconds;
  const warm = Math.min(autoencoder.warmSteps, autoencoder.steps);
  const steps = {
    mae: features.steps,
    features: features.steps,
    warm,
    autoencoder: autoencoder.steps - warm,
    decoder: jointStage.steps,
    frechet: frechetStage.steps,
  };
  const fixed = Object.entries(others).reduce(
    (sum, [stage, s]) => sum + s * steps[stage as keyof typeof steps],
    overhead,
  );
  const found = Math.floor((seconds - fixed) / flow);
  if (!(found >= 1))
    throw new Error(
      `${seconds} s are too few: everything but the flow takes about ${fixed.toPrecision(3)} s, a step of the flow ` +
        `${flow.toPrecision(3)} s. Allow more time, or give the other stages fewer steps.`,
    );
  return found;
}

/**
 * The settings with as many flow steps as make the whole training last about `seconds` of wall clock. The steps are
 * estimated from the step times of a short run beforehand, and the schedule follows the steps: so the run itself stays
 * deterministic and can be resumed. How long it really took is in its result, and differs where the machine's load
 * does.
 */
export async function fitToSeconds(
  dataset: ImageDataset,
  settings: FlowSettings,
  seconds: number,
  options: TrainingCompute & Pick<TrainOptions, "source"> = {},
): Promise<FlowSettings> {
  if (!(seconds > 0 && Number.isFinite(seconds))) throw new Error(`seconds must be a positive number, got ${seconds}.`);
  const config = parseSettings(flowSettings, settings);
  const times = await measureSteps(dataset, config, options);
  return { ...config, flow: { ...config.flow, steps: flowStepsWithin(seconds, times, config) } };
}

async function measureSteps(
  dataset: ImageDataset,
  config: FlowSettings,
  options: TrainingCompute & Pick<TrainOptions, "source">,
): Promise<StepTimes> {
  const probe: FlowSettings = {
    ...config,
    features: { ...config.features, steps: 8 },
    autoencoder: { ...config.autoencoder, steps: 16, warmSteps: Math.min(8, config.autoencoder.warmSteps) },
    flow: { ...config.flow, steps: 16 },
    jointStage: { ...config.jointStage, steps: 6 },
    frechetStage: { ...config.frechetStage, steps: Math.min(6, config.frechetStage.steps) },
  };
  const took: Record<string, number[]> = {};
  let before = { stage: "", at: 0 };
  const folder = await mkdtemp(join(tmpdir(), "flow-probe-"));
  try {
    const result = await trainFlow(dataset, probe, {
      ...options,
      out: join(folder, "run"),
      sampleEvery: 0,
      checkpointSeconds: Number.POSITIVE_INFINITY,
      onProgress(event) {
        if (event.type !== "step") return;
        const { stage, stageStep } = event;
        const at = performance.now() / 1e3;
        const kind = stage === "autoencoder" && stageStep <= probe.autoencoder.warmSteps ? "warm" : stage;
        if (before.stage === stage) (took[kind] ??= []).push(at - before.at); // the first step compiles
        before = { stage, at };
      },
    });
    const stepSeconds = Object.fromEntries(Object.entries(took).map(([stage, times]) => [stage, median(times)]));
    const inSteps = Object.entries(took).reduce((sum, [stage, times]) => sum + times.length * stepSeconds[stage], 0);
    return { stepSeconds, overhead: Math.max(0, result.seconds - inSteps) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];
