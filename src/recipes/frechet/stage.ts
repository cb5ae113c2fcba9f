import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { compile, computeOf, type Feed, type InputSpec, type Parameters } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { decaySchedule } from "../schedule.js";
import { projectedFamilies } from "./families.js";
import { FrechetField } from "./field.js";
import { CarefulRate } from "./rate.js";
import type { RealFamily } from "./reference.js";
import type { FrechetSettings } from "./settings.js";

/** How a one-step generator draws for a step: every class that has images, `samples` of each. */
export interface Drawing {
  /** Of the graph's inputs that `next` fills. */
  specs: Record<string, InputSpec | false>;
  next(): Record<string, Feed>;
  /** What `next` changes and reads again. */
  state: Stage["state"];
}

export interface FrechetContext extends TrainingCompute {
  settings: FrechetSettings;
  features: FeatureNet | null;
  real: readonly RealFamily[];
  drawing: Drawing;
  /** Images [classes · samples, C, H, W], class after class, as the sampler gives them. */
  generate(inputs: Record<string, Tensor>): Tensor;
  parameters: Parameters;
  sample?: Stage["sample"];
}

/** Samples of the model as it begins that the moments start from. */
const SEED = 10_000;

/**
 * Post-training of a one-step generator by the Fréchet distance (FD-loss, 2604.28190) within classes, over several
 * families of features: Σ_k w_k |f − M_k(f)|², w_k = 1/(FD_k + ε), whose gradient is that of the distances where the
 * moments are those of all that the model draws. They follow by running averages; no gradient flows through M_k.
 */
export function frechetStage(context: FrechetContext): Stage {
  const { settings, real, drawing, generate, features } = context;
  const { classes } = real[0].moments;
  const { samples, steps, decay, meanDecay, emaDecay } = settings;
  const families = real.map(({ projection: { name, dim }, moments }) => ({
    name,
    dim,
    field: new FrechetField(moments, { decay, meanDecay }),
  }));
  const rate = new CarefulRate(decaySchedule(settings), Math.ceil(1 / (1 - decay)));
  const projected = projectedFamilies(
    features,
    real.map(({ projection }) => projection),
  );
  /** Drawn features of each family [classes · samples, dim]. */
  const drawn = (inputs: Record<string, Tensor>) => projected(generate(inputs));

  async function begin(): Promise<void> {
    const program = compile(drawing.specs, drawn, computeOf(context));
    const runs = Math.max(1, Math.ceil(SEED / (classes * samples)));
    const found: Record<string, Float32Array>[] = [];
    for (let i = 0; i < runs; i++) found.push(await program.run(drawing.next()));
    await program.release();
    for (const { name, dim, field } of families) {
      const runsOf = found.map((one) => one[name]);
      field.begin({ values: byClass(runsOf, classes), classes, dim });
    }
  }

  return gradientStage({
    name: "frechet",
    steps,
    batch: classes * samples,
    parameters: context.parameters,
    // Unclipped: the weights make the gradients large at first, and a clip would make every step as long
    optimizer: { lr: rate.schedule, betas: [0.9, 0.98], weightDecay: 0 },
    emaDecay,
    phases: [
      phase({
        inputs: {
          ...drawing.specs,
          ...Object.fromEntries(
            families.flatMap(({ name, dim }): [string, InputSpec][] => [
              [`transport ${name}`, [dim, dim]],
              [`shift ${name}`, [classes, 1, dim]],
              [`weight ${name}`, [1]],
            ]),
          ),
        },
        loss(inputs: Record<string, Tensor>) {
          const vectors = drawn(inputs);
          const losses = families.map(({ name, dim }) => {
            const f = vectors[name].reshape([classes, samples, dim]);
            const carried = f.matmul(inputs[`transport ${name}`]).add(inputs[`shift ${name}`]);
            const way = f
              .sub(carried.stopGradient())
              .square()
              .sum()
              .div(classes * samples);
            return way.mul(inputs[`weight ${name}`]).sum();
          });
          return { loss: losses.reduce((a, b) => a.add(b)), ...vectors };
        },
        async next(k) {
          if (k === 0) await begin();
          families[k % families.length].field.refresh();
          rate.watch(families.some(({ field }) => field.swings));
          const feeds = families.flatMap(({ name, field }) =>
            Object.entries(field.feeds()).map(([what, values]) => [`${what} ${name}`, values]),
          );
          return { ...drawing.next(), ...Object.fromEntries(feeds) };
        },
        observe(values) {
          for (const { name, dim, field } of families) field.observe({ values: values[name], classes, dim });
          const { loss, norm } = values;
          const distances = families.map(({ name, field }) => [`frechet-${name}`, Float32Array.of(field.distance)]);
          return { loss, norm, ...Object.fromEntries(distances), rate: Float32Array.of(rate.share) };
        },
      }),
    ],
    freeze: features ? nn.parameterList(features) : [],
    state: {
      ...drawing.state,
      rate,
      ...Object.fromEntries(families.map(({ name, field }) => [`field-${name}`, field])),
    },
    sample: context.sample,
    ...trainingCompute(context),
  });
}

/** Rows of runs, each class after class, as one list that is so. */
function byClass(runs: readonly Float32Array[], classes: number): Float32Array {
  const each = runs[0].length / classes;
  const all = new Float32Array(runs.length * runs[0].length);
  for (let c = 0; c < classes; c++)
    for (const [i, run] of runs.entries())
      all.set(run.subarray(c * each, (c + 1) * each), (c * runs.length + i) * each);
  return all;
}
