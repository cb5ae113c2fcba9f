import { IndexStream } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import { Random } from "../../random/index.js";
import { generatorTraining } from "../../recipes/schedule.js";
import { constant, type Tensor } from "../../tensor/index.js";
import { wholeBatch } from "../../train/part.js";
import { gradientStage, phase, type Stage, type TrainingCompute, trainingCompute } from "../../train/stages.js";
import type { EncodedWindow } from "./latents.js";
import { drawLevels } from "./levels.js";
import { selfMask, textMask } from "./masks.js";
import type { MotionNetwork } from "./network.js";
import {
  adaptiveWeight,
  alignmentLoss,
  contrastiveLoss,
  flowLoss,
  klLoss,
  noised,
  reconstructionLoss,
} from "./objective.js";
import type { MotionSettings } from "./settings.js";
import type { MotionShape } from "./shape.js";
import type { Teacher } from "./teacher.js";
import { isWord, type TextEncoder } from "./text.js";
import { type FeatureClip, featureWeights, rowsOfWindows, segmentAt, type Window, windowsOver } from "./windows.js";
import type { Vocabulary } from "./words.js";

export interface MotionStageContext extends TrainingCompute {
  clips: readonly FeatureClip[];
  vocabulary: Vocabulary;
  config: MotionSettings;
  shape: MotionShape;
  net: MotionNetwork;
}

/** Frames between training windows of one clip. */
const STRIDE = 8;

/** The networks that the first stage leaves to the second. */
export interface TeacherNetworks {
  teacher: Teacher;
  text: TextEncoder;
}

/** Captions as the encoder takes them, [n, length, 2] each. */
function encodeCaptions(captions: readonly string[], vocabulary: Vocabulary, length: number, hide?: () => boolean) {
  const rows = new Int32Array(captions.length * length * 2);
  const signs = new Float32Array(captions.length * length * 2);
  captions.forEach((caption, i) => {
    const words = vocabulary.encode(caption, hide);
    rows.set(words.rows, i * length * 2);
    signs.set(words.signs, i * length * 2);
  });
  return { rows, signs };
}

/** Trains the teacher: which caption belongs to which motion, among those of a batch (InfoNCE). */
export function teacherStage(context: MotionStageContext, { teacher, text }: TeacherNetworks): Stage {
  const { clips, vocabulary, config, shape, net } = context;
  const { batch, steps, lr, width } = config.teacher;
  const { frames } = config.codec;
  const { length } = shape.text;
  const windows = windowsOver(clips, frames, STRIDE);
  const random = new Random(config.seed, "teacher");
  const stream = new IndexStream(windows.length, random.split("order"));
  const heads = nn.module({
    motion: nn.linear(width, width),
    words: nn.linear(shape.text.width, width),
    logScale: nn.parameter([1], nn.init.filled(Math.log(1 / 0.07))),
  });
  nn.initialize(heads, random.split("heads").uint32());
  return gradientStage({
    name: "teacher",
    batch,
    parameters: nn.join(nn.module({ teacher, text, heads })),
    ...generatorTraining({ lr, steps, emaDecay: 0.99 }),
    phases: [
      phase({
        inputs: {
          rows: [batch, frames, shape.features],
          words: { shape: [batch, length, 2], dtype: "int32" },
          signs: [batch, length, 2],
          same: [batch, batch],
        },
        loss({ rows, words, signs, same }, part) {
          const motion = heads.motion(teacher(net.frames.apply(rows)).mean(1));
          const real = isWord(signs).cast("float32").unsqueeze(-1);
          const mean = text(words, signs).mul(real).sum(1).div(real.sum(1).maximum(1));
          const all = (x: Tensor) => wholeBatch(x, part);
          return contrastiveLoss(all(motion), all(heads.words(mean)), same, heads.logScale);
        },
        split: { rows: batch, whole: ["same"] },
        next() {
          const chosen = Array.from(stream.next(batch), (i) => windows[i]);
          const segments = chosen.map(({ clip, start, end }) => clip.segments[segmentAt(clip, (start + end) >> 1)]);
          const captions = segments.map((segment) => random.choice(segment.captions));
          const { rows: words, signs } = encodeCaptions(captions, vocabulary, length);
          const says = segments.map(({ captions }) => captions[0]);
          const same = Float32Array.from({ length: batch * batch }, (_, k) => {
            const [i, j] = [Math.floor(k / batch), k % batch];
            return says[i] === says[j] ? 1 / says.filter((one) => one === says[i]).length : 0;
          });
          return { rows: rowsOfWindows(chosen, frames, shape.features), words, signs, same };
        },
      }),
    ],
    freeze: [net.frames.mean, net.frames.deviation],
    state: { random, stream },
    ...trainingCompute(context),
  });
}

/** Steps over which the weight of the KL term grows, at most. */
const WARM_STEPS = 2000;

/** Trains the codec: frames to tokens and back, tokens near normal ones and like the teacher's features. */
export function codecStage(context: MotionStageContext, teacher: Teacher | null): Stage {
  const { clips, config, shape, net } = context;
  const { batch, frames, steps, lr, reduction, latent, ...weights } = config.codec;
  const { features } = shape;
  const windows = windowsOver(clips, frames, STRIDE);
  const random = new Random(config.seed, "codec");
  const stream = new IndexStream(windows.length, random.split("order"));
  const project = teacher && nn.linear(latent, config.teacher.width);
  if (project) nn.initialize(project, random.split("project").uint32());
  const perFeature = constant(featureWeights(weights.weights, features), [features]);
  const tokens = frames / 4;
  const warm = Math.min(WARM_STEPS, Math.ceil(steps / 5));
  return gradientStage({
    name: "codec",
    batch,
    parameters: nn.join(nn.module({ encode: net.encode, decode: net.decode, project })),
    ...generatorTraining({ lr, steps, emaDecay: 0.995 }, { clip: 1 }),
    phases: [
      phase({
        inputs: { rows: [batch, frames, features], noise: [batch, tokens, latent], klWeight: [1], alignWeight: [1] },
        loss({ rows, noise, klWeight, alignWeight }) {
          const real = net.frames.apply(rows);
          const { mean, logVariance } = net.encode(real);
          const z = mean.add(logVariance.mul(0.5).exp().mul(noise));
          const error = net.decode(z).sub(real).mul(perFeature);
          const kl = klLoss(mean, logVariance);
          const rec = reconstructionLoss(error);
          const root = reconstructionLoss(error.slice(2, 0, 4));
          const logged = { mse: error.square().mean(), kl };
          if (reduction === "mean") {
            const loss = rec.add(root.mul(weights.root)).add(kl.mul(klWeight));
            if (!project) return { loss: loss.sum(), ...logged };
            const align = alignmentLoss(project(z), teacher(real));
            return { loss: loss.add(align.mul(alignWeight)).sum(), ...logged, align };
          }
          const all = rec.mul(batch * frames * features).add(root.mul(batch * frames * 4 * weights.root));
          const loss = all.add(kl.mul(tokens * latent).mul(klWeight)); // summed over a motion, averaged over motions
          if (!project) return { loss: loss.sum(), ...logged };
          const align = alignmentLoss(project(z), teacher(real));
          const weight = adaptiveWeight(all, align, net.encode.last.weight);
          return { loss: loss.add(align.mul(weight).mul(alignWeight)).sum(), ...logged, align };
        },
        split: { rows: batch, whole: ["klWeight", "alignWeight"] },
        next(k) {
          const chosen = Array.from(stream.next(batch), (i) => windows[i]);
          const fallen = steps > warm ? Math.max(0, (k - warm) / (steps - warm)) : 0;
          return {
            rows: rowsOfWindows(chosen, frames, features),
            noise: random.normals(batch * tokens * latent),
            klWeight: [weights.kl * Math.min(1, k / warm)],
            alignWeight: [weights.align * (1 - 0.9 * fallen)],
          };
        },
      }),
    ],
    freeze: [net.frames.mean, net.frames.deviation, ...(teacher ? nn.parameterList(teacher) : [])],
    state: { random, stream },
    ...trainingCompute(context),
  });
}

/** What a window of tokens shows: a caption for each of its blocks, of the segments in it. */
function captionsOf(window: Window, blocks: number, blockFrames: number, most: number, random: Random) {
  const { clip, start } = window;
  const first = segmentAt(clip, start + blockFrames / 2);
  const numbers = Array.from({ length: blocks }, (_, b) => segmentAt(clip, start + (b + 0.5) * blockFrames) - first);
  const whole = numbers.findIndex((number) => number >= most);
  const count = Math.min(most, Math.max(...numbers) + 1);
  const captions = Array.from({ length: count }, (_, i) => random.choice(clip.segments[first + i].captions));
  return { captions, numbers: numbers.map((n) => Math.min(n, most - 1)), whole: whole < 0 ? blocks : whole };
}

/** Trains the denoiser and the captions' encoder by flow matching, with noise levels of their own for the blocks. */
export function diffusionStage(
  context: MotionStageContext,
  encoded: readonly EncodedWindow[],
  sample?: Stage["sample"],
): Stage {
  const { vocabulary, config, shape, net } = context;
  const { batch, levels, captions: most, textDropout, wordDropout, clip } = config.training;
  const { block, window: blocks } = shape.network;
  const { latent } = shape.codec;
  const { length } = shape.text;
  const tokens = blocks * block;
  const random = new Random(config.seed, "diffusion");
  const stream = new IndexStream(encoded.length, random.split("order"));
  return gradientStage({
    name: "diffusion",
    batch,
    parameters: nn.join(nn.module({ text: net.text, denoise: net.denoise })),
    ...generatorTraining(config.training, { clip }),
    phases: [
      phase({
        inputs: {
          clean: [batch, tokens, latent],
          noise: [batch, tokens, latent],
          times: [batch, blocks],
          counted: [batch, tokens],
          words: { shape: [batch * most, length, 2], dtype: "int32" },
          signs: [batch * most, length, 2],
          keep: [batch],
          seen: { shape: [batch, 1, tokens, tokens], dtype: "bool" },
          read: { shape: [batch, 1, tokens, most * length], dtype: "bool" },
        },
        loss({ clean, noise, times, counted, words, signs, keep, seen, read }) {
          const [rows] = times.shape;
          const t = times.unsqueeze(-1).broadcastTo([rows, blocks, block]).reshape([rows, tokens, 1]);
          const states = net
            .text(words, signs)
            .reshape([rows, most * length, shape.text.width])
            .mul(keep.reshape([rows, 1, 1]));
          const { velocity } = net.denoise(noised(clean, noise, t), times, {
            text: net.denoise.remember(states),
            textMask: read,
            mask: seen,
          });
          return flowLoss(velocity, clean, noise, counted);
        },
        split: { rows: batch },
        next() {
          const feeds = {
            clean: new Float32Array(batch * tokens * latent),
            noise: random.normals(batch * tokens * latent),
            times: new Float32Array(batch * blocks),
            counted: new Float32Array(batch * tokens),
            words: new Int32Array(batch * most * length * 2),
            signs: new Float32Array(batch * most * length * 2),
            keep: Float32Array.from({ length: batch }, () => (random.uniform() < textDropout ? 0 : 1)),
            seen: new Uint8Array(batch * tokens * tokens),
            read: new Uint8Array(batch * tokens * most * length),
          };
          for (const [row, index] of stream.next(batch).entries()) {
            const { window, draw } = encoded[index];
            const shown = captionsOf(window, blocks, 4 * block, most, random);
            const { rows, signs } = encodeCaptions(
              shown.captions,
              vocabulary,
              length,
              () => random.uniform() < wordDropout,
            );
            const { times, counted } = drawLevels(levels, blocks, random);
            const clean = draw(random);
            const own = Math.min(clean.length / latent, shown.whole * block);
            feeds.clean.set(clean.subarray(0, own * latent), row * tokens * latent);
            feeds.times.set(times, row * blocks);
            feeds.words.set(rows, row * most * length * 2);
            feeds.signs.set(signs, row * most * length * 2);
            for (let i = 0; i < own; i++) feeds.counted[row * tokens + i] = counted[Math.floor(i / block)];
            feeds.seen.set(selfMask({ times }, shape.network), row * tokens * tokens);
            const all = feeds.signs.subarray(row * most * length * 2, (row + 1) * most * length * 2);
            feeds.read.set(
              textMask({ captions: shown.numbers }, { signs: all, length }, block),
              row * tokens * most * length,
            );
          }
          return feeds;
        },
      }),
    ],
    state: { random, stream },
    sample,
    ...trainingCompute(context),
  });
}
