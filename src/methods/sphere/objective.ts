import { cropAt } from "../../networks/crops.js";
import { type FeatureNet, featureDistance, weighted } from "../../networks/feature-net.js";
import { concat, constant, type Tensor } from "../../tensor/index.js";
import { type Part, wholeBatch } from "../../train/part.js";
import { anglesOf, disturb, type NoiseKind, spherify } from "./geometry.js";

/** A network with its classes [B]: images to raw latents [B, L], or latents, by their angles [B] in degrees, to images. */
export type Coder = (x: Tensor, classes: Tensor, angle?: Tensor) => Tensor;

/** Factors of the five terms; a term of weight 0 is not computed. */
export interface SphereWeights {
  /** Pixel and perceptual part of the reconstruction. */
  reconstruction: number;
  perceptual: number;
  /** Pixel and perceptual part of the consistency. */
  consistency: number;
  consistencyPerceptual: number;
  latent: number;
  /** Of `codeEnergy`, an extension of ours; the paper has none. */
  uniformity: number;
}

/**
 * A distance of images [B, C, H, W] in [−1, 1] from a reference through which it sends no gradient: the mean over the
 * images, each by its weight [B] where weights are given.
 */
export type Perceptual = (images: Tensor, reference: Tensor, weights?: Tensor) => Tensor;

export interface SphereInputs {
  /** [B, C, H, W] in [−1, 1]. */
  images: Tensor;
  /** Gaussian, [B, L]; one per sample for both strengths. */
  noise: Tensor;
  /** Strengths [B]. */
  heavy: Tensor;
  light: Tensor;
  /** Classes [B] int32 of the four calls; label dropout draws them independently. */
  labels: { encode: Tensor; heavy: Tensor; light: Tensor; again: Tensor };
}

/** Degrees over which one regime gives way to the other: w is 0.98 five of them below the boundary, 0.02 above. */
const SOFTNESS = 1.25;

/**
 * w(α) = sigmoid(−(α − boundary)/1.25°) of angles [B]: the weight of rebuilding a picture, 1 well below the boundary, where
 * a latent still says which it is, and 0 well above.
 */
export const rebuilding = (angles: Tensor, boundary: number): Tensor => angles.sub(boundary).div(-SOFTNESS).sigmoid();

/**
 * Smooth L1 with β = 1 of images taken from [−1, 1] to [0, 1], averaged over everything: there it is half the mean
 * square. `weights` [B]: see `Perceptual`.
 */
export function pixelDistance(images: Tensor, reference: Tensor, weights?: Tensor): Tensor {
  const error = images.sub(reference.stopGradient()).mul(0.5).abs();
  const inner = error.minimum(1);
  return weighted(inner.mul(error.sub(inner.mul(0.5))), weights).mean();
}

/**
 * 1 − cos of latents [B, L] and a target through which no gradient flows, averaged over the batch: in [0, 2], and
 * blind to the length of either.
 */
export function latentDistance(latents: Tensor, target: Tensor): Tensor {
  const unit = (t: Tensor) => t.div(t.square().sum(-1, true).add(1e-12).sqrt());
  return unit(latents).mul(unit(target.stopGradient())).sum(-1).neg().add(1).mean();
}

/**
 * log mean exp(−2‖u − u′‖²) over pairs of different latents of a batch [B, L], as unit vectors (Wang & Isola 2020): 0
 * where all are one, about −4 + 8/L where they are spread evenly. An extension of ours that keeps small networks from
 * giving all pictures of a class one code.
 */
export function codeEnergy(latents: Tensor): Tensor {
  const [count, length] = latents.shape;
  const others = constant(
    Float32Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 0 : 1)),
    [count, count],
  );
  const closeness = latents.matmul(latents.T).div(length).sub(1).mul(4).exp();
  return closeness
    .mul(others)
    .sum()
    .div(count * (count - 1))
    .log();
}

/**
 * A perceptual distance in the stages of a frozen feature network, which sees every tensor once. Where a `corner` [4]
 * is given, it sees crops that are a pixel smaller: drawn anew each step, they keep the network's strides from leaving
 * a grid that it cannot see.
 */
export function inFeatures(features: FeatureNet, corner?: Tensor): Perceptual {
  const seen = new Map<Tensor, Tensor[]>();
  const stages = (images: Tensor): Tensor[] => {
    const known = seen.get(images) ?? features(corner ? cropAt(images, corner) : images);
    seen.set(images, known);
    return known;
  };
  return (images, reference, weights) => featureDistance(stages(images), stages(reference), weights);
}

/**
 * Without a feature network: `pixelDistance` at halved sizes, each weighing twice the one before, and the mean absolute
 * error of pixel differences.
 */
export const inPyramid: Perceptual = (images, reference, weights) => {
  let [a, b] = [images, reference.stopGradient()];
  const steps = (t: Tensor, axis: number) => t.slice(axis, 1).sub(t.slice(axis, 0, t.shape[axis] - 1));
  const edges = [2, 3].map((axis) => weighted(steps(a, axis).sub(steps(b, axis)).abs(), weights).mean());
  let total = edges[0].add(edges[1]);
  for (let weight = 2; a.shape[2] % 2 === 0 && a.shape[3] % 2 === 0 && a.shape[2] > 4; weight *= 2) {
    [a, b] = [a.avgPool2d(2), b.avgPool2d(2)];
    total = total.add(pixelDistance(a, b, weights).mul(weight));
  }
  return total;
};

/**
 * The Sphere Encoder's losses (2602.15030): with v = f(E(x)), the light and the heavy disturbance v_n and v_N by the
 * same noise, x_n and x_N their decodings and sg the stop-gradient,
 *   reconstruction  ρ(x_n − x) + perceptual(x_n, x)
 *   consistency     ρ(x_N − sg x_n) + perceptual(x_N, sg x_n)
 *   latent          1 − cos(E(x_N), sg E(x)).
 * Without consistency only v_N is decoded and reconstructs x. The decoder is told the angle of each latent. With a
 * `boundary` (degrees), x_N counts in the first two by `rebuilding` of its angle.
 */
export function sphereLoss(
  { encode, decode }: { encode: Coder; decode: Coder },
  { images, noise, heavy, light, labels }: SphereInputs,
  weights: SphereWeights,
  {
    kind = "additive",
    perceptual,
    boundary,
    part,
  }: { kind?: NoiseKind; perceptual?: Perceptual | null; boundary?: number; part?: Part } = {},
): { loss: Tensor; terms: Record<"reconstruction" | "consistency" | "latent" | "uniformity", Tensor> } {
  const z = encode(images, labels.encode);
  const v = spherify(z);
  const noisier = disturb(v, heavy, noise, kind);
  const compares = weights.consistency > 0 || weights.consistencyPerceptual > 0;
  const [heavyAngle, lightAngle] = [anglesOf(kind, heavy), anglesOf(kind, light)];
  const both = (a: Tensor, b: Tensor) => concat([a, b], 0);
  const [fromHeavy, fromLight] = compares
    ? decode(
        both(noisier, disturb(v, light, noise, kind)),
        both(labels.heavy, labels.light),
        both(heavyAngle, lightAngle),
      ).split(2, 0)
    : [decode(noisier, labels.heavy, heavyAngle), null];

  const low = boundary === undefined ? undefined : rebuilding(heavyAngle, boundary);
  const distance = (a: Tensor, b: Tensor, pixels: number, features: number) => {
    const rows = a === fromHeavy ? low : undefined;
    const inPixels = pixelDistance(a, b, rows).mul(pixels);
    return perceptual && features > 0 ? inPixels.add(perceptual(a, b, rows).mul(features)) : inPixels;
  };
  const reconstruction = distance(fromLight ?? fromHeavy, images, weights.reconstruction, weights.perceptual);
  const zero = reconstruction.mul(0).stopGradient();
  const consistency = fromLight
    ? distance(fromHeavy, fromLight, weights.consistency, weights.consistencyPerceptual)
    : zero;
  const latent = weights.latent > 0 ? latentDistance(encode(fromHeavy, labels.again), z).mul(weights.latent) : zero;
  const uniformity = weights.uniformity > 0 ? codeEnergy(wholeBatch(v, part)).mul(weights.uniformity) : zero;
  return {
    loss: reconstruction.add(consistency).add(latent).add(uniformity),
    terms: { reconstruction, consistency, latent, uniformity },
  };
}
