// The smallest runs of every method that go through all of its stages, a few seconds each.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { drawVoices } from "../../src/data/dialogue/conversations.js";
import { locomotion } from "../../src/data/motion/locomotion/index.js";
import { writeBvh } from "../../src/io/bvh-write.js";
import { savePng } from "../../src/io/index.js";
import { writeWav } from "../../src/io/sound-write.js";
import { Motions } from "../../src/media/motions.js";
import { fromGesture } from "../../src/motion/index.js";
import { Random } from "../../src/random/index.js";

export interface MicroRun {
  method: string;
  /** What `writeMicroData` writes, or a data set that needs no files. */
  data: "pictures" | "text.txt" | "motions" | "dialogues" | "scenes";
  preset?: string;
  /** For `--set`. */
  settings: Record<string, unknown>;
}

const STEPS = 12;
const lr = 2e-3;
const features = { task: "mae+classifier", width: 8, blocks: [1, 1], stemStride: 2, batch: 16, steps: STEPS, lr };
const sizes = { latent: 6, encoder: [8, 8], hidden: 32, decoder: [8, 8, 4] };
const autoencoder = { ...sizes, batch: 16, steps: STEPS, warmSteps: 4, perceptual: 0.1, latentNoise: 0.05, lr };
const stage = { samples: 16, groups: 10, steps: STEPS, lr, emaDecay: 0.9 };
const body = { hidden: 32, blocks: 1, condition: 16 };
const flow = { batch: 16, steps: STEPS, lr, emaDecay: 0.9, labelDropout: 0.1 };
const transformer = { kind: "transformer", width: 32, heads: 2, blocks: 2, condition: 32, tied: false };
const convolutions = { kind: "conv", trunk: 16, encoderBlocks: 1, decoderBlocks: 1, condition: 8, ...sizes };
const training = { "training.batch": 16, "training.steps": STEPS };
const distillation = { rounds: 2, steps: 10, delta: 1 / 8, lr };

/** Settings of a part: the others of its preset stay. */
const inside = (part: string, settings: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [`${part}.${key}`, value]));

export const microRuns: Record<string, MicroRun> = {
  drifting: {
    method: "drifting",
    data: "pictures",
    settings: {
      features,
      autoencoder,
      generator: { ...body, styles: { count: 2, size: 4 } },
      latentStage: stage,
      jointStage: stage,
      frechetStage: { samples: 8, steps: STEPS, lr: 2e-5, decay: 0.9, meanDecay: 0.6, emaDecay: 0.9 },
      "guidance.unconditional": 8,
    },
  },
  flow: {
    method: "flow",
    data: "pictures",
    settings: {
      space: "joint",
      features,
      autoencoder,
      generator: body,
      flow,
      jointStage: { ...stage, samplerSteps: 4 },
    },
  },
  sphere: {
    method: "sphere",
    data: "pictures",
    settings: { network: convolutions, features, ...training, "training.warmup": 2 },
  },
  "discrete-text": {
    method: "discrete",
    data: "text.txt",
    settings: { length: 16, network: transformer, distillation, ...training },
  },
  "discrete-pixels": {
    method: "discrete",
    data: "pictures",
    preset: "pixels",
    settings: { network: { kind: "unet", hidden: 32, blocks: 1, condition: 32 }, ...training },
  },
  classifier: {
    method: "classifier",
    data: "pictures",
    settings: { widths: [8, 16, 16], features: 12, batch: 16, steps: 10 * STEPS },
  },
  motion: {
    method: "motion",
    data: "motions",
    preset: "tiny",
    settings: {
      ...inside("codec", { width: 8, latent: 6, frames: 32, batch: 4, steps: STEPS }),
      ...inside("teacher", { width: 16, blocks: 1, batch: 4, steps: STEPS }),
      ...inside("text", { width: 16 }),
      ...inside("network", { width: 24, heads: 2, blocks: 1, hidden: 32, window: 6 }),
      ...inside("training", { batch: 4, steps: 4 * STEPS }),
    },
  },
  dyadic: {
    method: "dyadic",
    data: "dialogues",
    settings: {
      ...inside("tokenizer", { width: 8, latent: 4, levels: 2, codes: 8, frames: 32, batch: 4, steps: 4 * STEPS }),
      ...inside("network", { width: 16, heads: 2, blocks: 1, hidden: 16, window: 8, atoms: 4 }),
      ...inside("training", { batch: 4, steps: 4 * STEPS }),
    },
  },
  "vision-language": {
    method: "vision-language",
    data: "scenes",
    settings: {
      network: { channels: [8, 8], width: 16, heads: 2, encoderBlocks: 1, blocks: 1 },
      ...inside("training", { pictures: 2, questions: 4, steps: 10 * STEPS }),
    },
  },
  "motion-judge": {
    method: "motion-judge",
    data: "motions",
    settings: { frames: 32, clips: 1, width: 8, features: 8, embedding: 8, batch: 8, steps: 10 * STEPS },
  },
  "language-model": {
    method: "language-model",
    data: "text.txt",
    settings: { length: 16, width: 32, heads: 2, blocks: 1, batch: 16, steps: 10 * STEPS },
  },
};

/** The command line of a run into `out`, without what a campaign adds. */
export function trainArgs({ method, data, preset, settings }: MicroRun, folder: string, out: string): string[] {
  const overrides = Object.entries(settings).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  const size = data === "pictures" ? ["--size", "16"] : [];
  const from = [
    "--data",
    data === "scenes" ? data : join(folder, data),
    ...size,
    ...(preset ? ["--preset", preset] : []),
  ];
  return ["train", method, ...from, "--out", out, "--set", ...overrides];
}

/**
 * Writes what the runs learn from: pictures of two classes, bright above or bright below, a text of five letters,
 * motions of two classes, and dialogues.
 */
export async function writeMicroData(folder: string): Promise<void> {
  const random = new Random(0, "micro data");
  const side = 16;
  for (const name of ["above", "below"]) {
    mkdirSync(join(folder, "pictures", name), { recursive: true });
    for (let i = 0; i < 40; i++) {
      const bright = (y: number) => y < side / 2 === (name === "above");
      const pixels = Uint8Array.from({ length: side * side }, (_, j) => {
        const noise = random.integer(60);
        return bright(Math.floor(j / side)) ? 255 - noise : noise;
      });
      await savePng(join(folder, "pictures", name, `${i}.png`), pixels, side, side, 1);
    }
  }
  for (const { name, clip, slots } of locomotion({ clips: 40, test: 0, sequences: 0, frames: [64, 72] }).train) {
    const action = slots[0].action === "walk" ? "walk" : "other";
    mkdirSync(join(folder, "motions", action), { recursive: true });
    await new Motions([clip]).save(join(folder, "motions", action, `${name}.bvh`));
  }
  mkdirSync(join(folder, "dialogues"));
  for (let seed = 0; seed < 6; seed++) {
    const { conversation, sounds } = drawVoices({ seconds: 3, seed });
    const path = join(folder, "dialogues", `talk${seed}`);
    await writeWav(`${path}.wav`, sounds);
    for (const [i, { gesture }] of conversation.people.entries())
      writeFileSync(`${path}-${"ab"[i]}.bvh`, writeBvh(fromGesture(gesture!, 30)));
  }
  let at = 0;
  const letters = Array.from({ length: 4000 }, () => "abcd "[(at = (at + 1 + 2 * random.integer(2)) % 5)]);
  writeFileSync(join(folder, "text.txt"), letters.join(""));
}
