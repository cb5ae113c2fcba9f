import type { Dialogue, DialogueDataset, Speaker } from "../../../src/data/dialogue-dataset.js";
import { DyadicModel } from "../../../src/methods/dyadic/model.js";
import { type DyadicNetwork, dyadicNetwork } from "../../../src/methods/dyadic/network.js";
import type { DyadicSettings } from "../../../src/methods/dyadic/settings.js";
import { presets } from "../../../src/methods/dyadic/settings.js";
import type { DyadicShape } from "../../../src/methods/dyadic/shape.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import { compile, type Feed, type InputSpec } from "../../../src/runtime/index.js";
import type { Tensor } from "../../../src/tensor/index.js";

export const network: DyadicShape["network"] = {
  ...{ width: 16, heads: 2, blocks: 2, hidden: 16, window: 8, soundFrames: 4 },
  ...{ atoms: 4, activeAtoms: 2, styleTokens: "atoms", orca: "exact", gate: "vector" },
  ...{ attention: "cross", modulation: "film" },
};

export const shapeWith = (
  change: Partial<DyadicShape["network"]> = {},
  more: Partial<DyadicShape> = {},
): DyadicShape => ({
  ...{ fps: 30, features: 258, sound: 40, objective: "ddpm", guided: true },
  tokenizer: { width: 8, latent: 4, levels: 3, codes: 8 },
  network: { ...network, ...change },
  ...more,
});

/** A network whose every weight is drawn, also those that begin at 0. */
export function drawnNetwork(shape: DyadicShape): DyadicNetwork {
  const net = dyadicNetwork(shape);
  const parameters = nn.initialize(net, 5);
  const random = nn.init.normal(0.3);
  for (const { name, parameter, shape } of parameters.entries)
    if (/both|around|output|codebooks|weight$/.test(name) && parameter.value!.every((v) => v === 0))
      random(parameter.value!, shape, new Random(6, name));
  return net;
}

export function madeModel(
  change: Partial<DyadicShape["network"]> = {},
  more: Partial<DyadicShape> = {},
  device: "cpu" | "wasm" = "cpu",
): DyadicModel {
  const shape = shapeWith(change, more);
  const config = { format: 1, method: "dyadic", name: "made", gesture: { fps: 30 }, classNames: null } as const;
  return new DyadicModel({ ...config, network: shape, training: {} }, shape, drawnNetwork(shape), {
    ...{ device, threads: 1 },
  });
}

export async function run<I extends string, O extends Record<string, Tensor>>(
  specs: Record<I, InputSpec>,
  build: (inputs: Record<I, Tensor>) => O,
  feeds: Record<I, Feed>,
) {
  await using program = compile(specs, build, { device: "cpu", threads: 1 });
  return program.run(feeds);
}

export const normals = (name: string, count: number) => new Random(1, name).normals(count);

const speaker = (id: string, frames: number): Speaker => {
  const gesture = new Float32Array(frames * 258);
  const sound = normals(`${id} sound`, frames * 40);
  for (let f = 0; f < frames; f++) {
    for (let j = 0; j < 43; j++) {
      const angle = 0.4 * Math.sin(f / 7 + j + id.length);
      gesture.set([Math.cos(angle), Math.sin(angle), 0, -Math.sin(angle), Math.cos(angle), 0], f * 258 + 6 * j);
    }
    sound[f * 40 + 33] = 0.5 + 0.5 * Math.sin(f / 9 + id.length);
  }
  return { id, sound, gesture, traits: normals(`${id} traits`, 5), valid: null };
};

export const dialogue = (name: string, frames = 64): Dialogue => ({
  ...{ name, frames, relation: name.length % 4 },
  people: [speaker(`${name}a`, frames), speaker(`${name}bb`, frames)],
});

export const dialogues = (): DialogueDataset => ({
  ...{ id: "made", kind: "dialogue", fps: 30, origin: "procedural", licence: "none", attribution: "none" },
  train: ["x", "yy", "zzz"].map((name) => dialogue(name)),
  test: [dialogue("test")],
});

export const micro: DyadicSettings = {
  ...presets.tiny,
  tokenizer: { ...presets.tiny.tokenizer, width: 8, latent: 4, codes: 8, frames: 32, batch: 4, steps: 30, lr: 5e-3 },
  network: { ...network },
  training: { ...presets.tiny.training, objective: "ddpm", batch: 4, steps: 30, lr: 5e-3 },
};
