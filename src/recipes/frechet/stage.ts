import * as nn from "../../nn/index.js";
import type { Parameters } from "../../runtime/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { decaySchedule } from "../schedule.js";
import { CarefulRate } from "./rate.js";
import type { FrechetSettings } from "./settings.js";
import { type FrechetTermOptions, frechetTerm } from "./term.js";

export interface FrechetContext extends TrainingCompute, Omit<FrechetTermOptions, "samples" | "memory"> {
  settings: FrechetSettings;
  parameters: Parameters;
  sample?: Stage["sample"];
}

/** Post-training of a one-step generator by the Fréchet distance alone; see `frechetTerm`. */
export function frechetStage(context: FrechetContext): Stage {
  const { settings, features } = context;
  const { samples, steps, decay, meanDecay, emaDecay } = settings;
  const term = frechetTerm({ ...context, samples, memory: { decay, meanDecay } });
  const rate = new CarefulRate(decaySchedule(settings), Math.ceil(1 / (1 - decay)));
  return gradientStage({
    name: "frechet",
    steps,
    batch: term.batch,
    parameters: context.parameters,
    // Unclipped: the weights make the gradients large at first, and a clip would make every step as long
    optimizer: { lr: rate.schedule, betas: [0.9, 0.98], weightDecay: 0 },
    emaDecay,
    phases: [
      phase({
        inputs: term.inputs,
        loss(inputs) {
          const { loss, vectors } = term.loss(inputs);
          return { loss, ...vectors };
        },
        async next(k) {
          const feeds = await term.next(k);
          rate.watch(term.swings());
          return feeds;
        },
        observe: (values) => ({ ...term.observe(values), rate: Float32Array.of(rate.share) }),
      }),
    ],
    freeze: features ? nn.parameterList(features) : [],
    state: { ...term.state, rate },
    sample: context.sample,
    ...trainingCompute(context),
  });
}
