import { IndexStream } from "../data/batches.js";
import { type ImageDataset, type ImageSplit, toFloat } from "../data/index.js";
import type { Decoder, Encoder } from "../networks/autoencoder.js";
import { type FeatureNet, featureDistance } from "../networks/feature-net.js";
import * as nn from "../nn/index.js";
import { Random } from "../random/index.js";
import type { Compute } from "../runtime/index.js";
import {
  gradientStage,
  type Phase,
  phase,
  type Stage,
  type TrainingCompute,
  trainingCompute,
} from "../train/stages.js";
import { overImages } from "./over-images.js";
import { decaySchedule } from "./schedule.js";

export interface AutoencoderTraining extends TrainingCompute {
  batch: number;
  steps: number;
  warmSteps: number;
  lr: number;
  perceptual: number;
  latentNoise: number;
  latent: number;
  seed: number;
}

/**
 * Trains encoder and decoder: mean square + ½ mean absolute error + 10⁻³ ‖z‖² per coordinate, with noise on the latent
 * vectors and, after the first `warmSteps`, the perceptual distance in the frozen feature network, where there is one.
 */
export function autoencoderStage(
  dataset: ImageDataset,
  encode: Encoder,
  decode: Decoder,
  features: FeatureNet | null,
  options: AutoencoderTraining,
): Stage {
  const { train, channels, height, width } = dataset;
  const { batch, latent, steps, warmSteps } = options;
  const random = new Random(options.seed, "autoencoder");
  const stream = new IndexStream(train.count, random.split("order"));
  const noise = new Float32Array(batch * latent);
  const losses = (perceptual: FeatureNet | null): Omit<Phase<"images" | "noise">, "until"> => ({
    inputs: { images: [batch, channels, height, width], noise: [batch, latent] },
    loss({ images, noise }) {
      const z = encode(images);
      const error = decode(z.add(noise)).sub(images);
      const pixel = error.square().mean().add(error.abs().mean().mul(0.5)).add(z.square().mean().mul(1e-3));
      const loss = perceptual
        ? pixel.add(featureDistance(perceptual(error.add(images)), perceptual(images)).mul(options.perceptual))
        : pixel;
      return { loss, mse: error.square().mean() };
    },
    split: { rows: batch },
    next() {
      random.fillNormal(noise);
      for (let i = 0; i < noise.length; i++) noise[i] *= options.latentNoise;
      return { images: toFloat(train, stream.next(batch)), noise };
    },
  });
  return gradientStage({
    name: "autoencoder",
    steps,
    batch,
    parameters: nn.join(nn.module({ encode, decode })),
    optimizer: { lr: decaySchedule(options, 0.5), weightDecay: 0.01 },
    phases: features ? [phase({ ...losses(null), until: warmSteps }), phase(losses(features))] : [phase(losses(null))],
    freeze: features ? nn.parameterList(features) : [],
    state: { random, stream },
    ...trainingCompute(options),
  });
}

export interface Latents {
  /** Standardised, [count, latent]. */
  values: Float32Array;
  mean: Float32Array;
  deviation: Float32Array;
  /** Copies of the vectors of some images, [n, latent]. */
  rows(indices: ArrayLike<number>): Float32Array;
}

/** Encodes a split and standardises each latent coordinate: over it, or by what is given. */
export async function encodeSplit(
  split: ImageSplit,
  encode: Encoder,
  dataset: ImageDataset,
  latent: number,
  compute: Compute = {},
  given?: Pick<Latents, "mean" | "deviation">,
): Promise<Latents> {
  const all = Array.from({ length: split.count }, (_, i) => i);
  const { z: values } = await overImages(split, dataset, all, (images) => ({ z: encode(images) }), compute);
  const { mean, deviation } = given ?? spreadOf(values, latent);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] - mean[i % latent]) / deviation[i % latent];
  const rows = (indices: ArrayLike<number>) => {
    const out = new Float32Array(indices.length * latent);
    for (let i = 0; i < indices.length; i++)
      out.set(values.subarray(indices[i] * latent, (indices[i] + 1) * latent), i * latent);
    return out;
  };
  return { values, mean, deviation, rows };
}

/** Mean and deviation of each coordinate of vectors, [latent]. */
function spreadOf(values: Float32Array, latent: number): Pick<Latents, "mean" | "deviation"> {
  const mean = new Float32Array(latent);
  const deviation = new Float32Array(latent);
  const count = values.length / latent;
  for (let j = 0; j < latent; j++) {
    let [sum, squares] = [0, 0];
    for (let i = j; i < values.length; i += latent) {
      sum += values[i];
      squares += values[i] * values[i];
    }
    mean[j] = sum / count;
    deviation[j] = Math.sqrt(Math.max(squares / count - mean[j] * mean[j], 1e-12));
  }
  return { mean, deviation };
}
