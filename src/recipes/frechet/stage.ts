import type { ImageDataset } from "../../data/index.js";
import type { FeatureNet } from "../../networks/feature-net.js";
import * as nn from "../../nn/index.js";
import { compile, computeOf, type Feed, type InputSpec, type Parameters } from "../../runtime/index.js";
import type { Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { decaySchedule } from "../schedule.js";
import { project, rawFamilies } from "./families.js";
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
  dataset: ImageDataset;
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
  const names = real.map(({ projection }) => projection.name);
  const fields = real.map(({ moments }) => new FrechetField(moments, { decay, meanDecay }));
  const rate = new CarefulRate(decaySchedule(settings), Math.ceil(1 / (1 - decay)));
  const families = rawFamilies(features);

  /** Drawn features of each family [classes · samples, dim]. */
  const drawn = (inputs: Record<string, Tensor>): Tensor[] => {
    const raw = families(generate(inputs));
    return real.map(({ projection }, k) => project(raw[k].vectors, projection));
  };

  async function begin(): Promise<void> {
    const program = compile(
      drawing.specs,
      (inputs: Record<string, Tensor>) => Object.fromEntries(drawn(inputs).map((vectors, k) => [names[k], vectors])),
      computeOf(context),
    );
    const runs = Math.max(1, Math.ceil(SEED / (classes * samples)));
    const found: Record<string, Float32Array>[] = [];
    for (let i = 0; i < runs; i++) found.push(await program.run(drawing.next()));
    await program.release();
    for (const [k, field] of fields.entries()) {
      const { dim } = real[k].moments;
      const values = byClass(
        found.map((one) => one[names[k]]),
        classes,
      );
      field.begin({ values, classes, dim });
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
            real.flatMap(({ moments: { dim } }, k): [string, InputSpec][] => [
              [`transport ${names[k]}`, [dim, dim]],
              [`shift ${names[k]}`, [classes, 1, dim]],
              [`weight ${names[k]}`, [1]],
            ]),
          ),
        },
        loss(inputs: Record<string, Tensor>) {
          const vectors = drawn(inputs);
          const losses = vectors.map((found, k) => {
            const f = found.reshape([classes, samples, real[k].moments.dim]);
            const carried = f.matmul(inputs[`transport ${names[k]}`]).add(inputs[`shift ${names[k]}`]);
            const way = f
              .sub(carried.stopGradient())
              .square()
              .sum()
              .div(classes * samples);
            return way.mul(inputs[`weight ${names[k]}`]).sum();
          });
          return {
            loss: losses.reduce((a, b) => a.add(b)),
            ...Object.fromEntries(vectors.map((found, k) => [names[k], found])),
          };
        },
        async next(k) {
          if (k === 0) await begin();
          fields[k % fields.length].refresh();
          rate.watch(fields.some((field) => field.swings));
          const feeds = fields.flatMap((field, i) =>
            Object.entries(field.feeds()).map(([name, values]) => [`${name} ${names[i]}`, values]),
          );
          return { ...drawing.next(), ...Object.fromEntries(feeds) };
        },
        observe(values) {
          for (const [k, field] of fields.entries())
            field.observe({ values: values[names[k]], classes, dim: real[k].moments.dim });
          const { loss, norm } = values;
          const distances = fields.map(({ distance }, k) => [`frechet-${names[k]}`, Float32Array.of(distance)]);
          return { loss, norm, ...Object.fromEntries(distances), rate: Float32Array.of(rate.share) };
        },
      }),
    ],
    freeze: features ? nn.parameterList(features) : [],
    state: {
      ...drawing.state,
      rate,
      ...Object.fromEntries(fields.map((field, k) => [`field-${names[k]}`, field])),
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
