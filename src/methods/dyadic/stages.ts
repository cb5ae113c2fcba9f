import { IndexStream } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { compile, computeOf, type InputSpec } from "../../runtime/index.js";
import { straightThrough, type Tensor } from "../../tensor/index.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import { trainingBatch } from "./batches.js";
import { Codebooks } from "./codebooks.js";
import type { Conditions } from "./context.js";
import type { EncodedTake } from "./latents.js";
import type { DyadicNetwork } from "./network.js";
import { driftingLoss, maskedError, smoothError } from "./objective.js";
import { LEVELS, mixture } from "./schedule.js";
import type { DyadicSettings } from "./settings.js";
import { type DyadicShape, pairInputs, soundTokens, TOKEN_FRAMES, TRAIT_COUNT, windowFrames } from "./shape.js";
import { STYLE_TEMPERATURE } from "./style.js";
import { quantised } from "./tokenizer.js";
import { stretchOf, type Take } from "./windows.js";

export interface DyadicStageContext extends TrainingCompute {
  takes: readonly Take[];
  config: DyadicSettings;
  shape: DyadicShape;
  net: DyadicNetwork;
}

const ADAM = { betas: [0.9, 0.99] as [number, number], weightDecay: 0.01 };

/**
 * Trains the tokenizer. Codes are found, and codebooks moved, outside the loss's graph, which is fed the sums of the codes'
 * vectors: the decoder gets their values, the encoder their gradient (straight-through).
 */
export function tokenizerStage({ takes, config, shape, net, ...compute }: DyadicStageContext): Stage {
  const { batch, steps, lr, frames, velocity, commitment, dropout } = config.tokenizer;
  const { latent, levels } = shape.tokenizer;
  const { features } = shape;
  const n = frames / TOKEN_FRAMES;
  const random = new Random(config.seed, "tokenizer");
  const stream = new IndexStream(takes.length, random.split("order"));
  const parameters = nn.join(nn.module({ encode: net.encode, decode: net.decode }));
  const books = new Codebooks(shape.tokenizer, net.codebooks.value!);
  const encoding = compile(
    { rows: [batch, frames, features] },
    ({ rows }) => {
      const latents = net.encode(net.frames.apply(rows)).reshape([batch * n, latent]);
      return { latents, ...quantised(latents, net.codebooks) };
    },
    { ...computeOf(compute), freeze: false },
  );
  return gradientStage({
    name: "tokenizer",
    batch,
    parameters,
    ...generatorTraining({ lr, steps, emaDecay: 0.99 }, { ...ADAM, clip: 1 }),
    phases: [
      phase({
        inputs: { rows: [batch, frames, features], sums: [batch, levels, n, latent], quantised: [batch, n, latent] },
        loss({ rows, sums, quantised }) {
          const real = net.frames.apply(rows);
          const z = net.encode(real);
          const drawn = net.decode(straightThrough(quantised, z));
          const changes = (x: Tensor) => x.slice(1, 1).sub(x.slice(1, 0, -1));
          const reconstruction = smoothError(drawn.sub(real));
          const moved = changes(drawn).sub(changes(real)).abs().mean();
          const committed = z.unsqueeze(1).sub(sums).square().mean().mul(levels);
          return {
            loss: reconstruction.add(moved.mul(velocity)).add(committed.mul(commitment)),
            mse: drawn.sub(real).square().mean(),
            committed,
          };
        },
        split: { rows: batch },
        async next() {
          const rows = new Float32Array(batch * frames * features);
          for (const [row, index] of stream.next(batch).entries()) {
            const { dialogue, person } = takes[index];
            const start = random.integer(Math.max(1, dialogue.frames - frames + 1));
            const own = stretchOf(dialogue.people[person].gesture!, features, start, frames);
            rows.set(own, row * frames * features);
          }
          if (!books.begun) books.begin((await encoding.run({ rows })).latents, random);
          const found = await encoding.run({ rows });
          books.learn(found.latents, found, random);
          const sums = new Float32Array(batch * levels * n * latent);
          const quantised = new Float32Array(batch * n * latent);
          for (let row = 0; row < batch; row++) {
            const used = random.uniform() < dropout ? 1 + random.integer(levels) : levels;
            for (let i = 0; i < n; i++)
              for (let level = 0; level < levels; level++) {
                const from = ((row * n + i) * levels + level) * latent;
                const own = found.sums.subarray(from, from + latent);
                sums.set(own, ((row * levels + level) * n + i) * latent);
                if (level === used - 1) quantised.set(own, (row * n + i) * latent);
              }
          }
          return { rows, sums, quantised };
        },
      }),
    ],
    freeze: [net.frames.mean, net.frames.deviation],
    programs: [encoding],
    state: { random, stream, books },
    ...trainingCompute(compute),
    place: "host", // codes are found with the present weights
  });
}

/** Each row so many times, [B, …] to [B·times, …]. */
const repeated = (x: Tensor, times: number): Tensor => {
  const [B, ...axes] = x.shape;
  return x
    .unsqueeze(1)
    .broadcastTo([B, times, ...axes])
    .reshape([B * times, ...axes]);
};

/** Trains what reads the conditions, and the denoiser, on windows of latents. */
export function dyadicStage(
  { config, shape, net, ...compute }: Omit<DyadicStageContext, "takes">,
  takes: readonly EncodedTake[],
): Stage {
  const { batch, objective, repeats, temperatures, clip, steps } = config.training;
  const { window, together } = shape.network;
  const { latent } = shape.tokenizer;
  const random = new Random(config.seed, "dyadic");
  const stream = new IndexStream(takes.length, random.split("order"));
  const S = soundTokens(shape.network);
  const each = objective === "drift" ? repeats : 1;
  const freeze = nn.parameterList(net.read.scale);
  return gradientStage({
    name: "dyadic",
    batch,
    parameters: nn.join(nn.module({ read: net.read, denoise: net.denoise }), freeze),
    ...generatorTraining(config.training, { ...ADAM, clip }),
    phases: [
      phase({
        inputs: {
          clean: [batch, window, latent],
          valid: [batch, window],
          noise: [batch * each, window, latent],
          times: [batch * each],
          signals: [batch],
          noises: [batch],
          temperature: [1],
          sound: [batch, 2, windowFrames(shape), shape.sound],
          heard: [batch],
          sounding: [batch, S],
          partner: [batch, window, latent],
          seen: [batch, window],
          relation: { shape: [batch], dtype: "int32" as const },
          traits: [batch, TRAIT_COUNT],
          known: [batch],
          style: [batch, 2 * latent],
          styled: [batch],
          ...pairInputs(shape, batch),
          ...(together && { otherNoise: [batch, window, latent] }),
        } as Record<string, InputSpec>,
        loss({ clean, valid, noise, times, signals, noises, temperature, ...given }) {
          const { context, mask, social } = net.read(given as unknown as Conditions, temperature);
          const memory = net.denoise.remember(context);
          if (objective === "drift") {
            const all = { memory, social, mask: mask.cast("float32") };
            const [m, s, k] = [all.memory, all.social, all.mask].map((x) => repeated(x, each));
            const drawn = net.denoise(noise, times, { memory: m, social: s, mask: k.greater(0.5) });
            // Tokens that do not count are the same on both sides
            const counted = valid.unsqueeze(-1);
            const weight = temperature.fullLike(1);
            return driftingLoss(drawn.mul(repeated(counted, each)), clean.mul(counted), weight, temperatures);
          }
          const share = (x: Tensor) => x.reshape([x.shape[0], 1, 1]);
          const noisy = (x: Tensor, z: Tensor) => x.mul(share(signals)).add(z.mul(share(noises)));
          const pair = together && {
            other: noisy(given.other, given.otherNoise),
            accompanied: given.accompanied,
          };
          const found = net.denoise(noisy(clean, noise), times, { memory, mask, social, ...pair });
          return maskedError(found, objective === "ddpm" ? noise : noise.sub(clean), valid);
        },
        // Drifting sets each condition's targets against those of all others
        ...(objective !== "drift" && { split: { rows: batch, whole: ["temperature"] } }),
        next(k) {
          const feeds = trainingBatch(takes, [...stream.next(batch)], { shape, config, random });
          const drawTime = () =>
            objective === "ddpm"
              ? (1 + random.integer(LEVELS)) / LEVELS
              : objective === "flow"
                ? 1 / (1 + Math.exp(-random.normal()))
                : 1;
          const times = Float32Array.from({ length: batch * each }, drawTime);
          const shares = Array.from(times, (t) => (objective === "ddpm" ? mixture(t) : { signal: 1 - t, noise: t }));
          const { first, last } = STYLE_TEMPERATURE;
          return {
            ...feeds,
            noise: random.normals(batch * each * window * latent),
            ...(together && { otherNoise: random.normals(batch * window * latent) }),
            times,
            signals: Float32Array.from({ length: batch }, (_, i) => shares[i].signal),
            noises: Float32Array.from({ length: batch }, (_, i) => shares[i].noise),
            temperature: [first + (last - first) * (k / Math.max(1, steps))],
          };
        },
      }),
    ],
    freeze,
    state: { random, stream },
    ...trainingCompute(compute),
  });
}
