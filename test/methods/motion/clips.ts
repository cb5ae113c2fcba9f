import type { LabelledClip, MotionDataset } from "../../../src/data/motion-dataset.js";
import type { MotionSettings } from "../../../src/methods/motion/settings.js";
import { presets } from "../../../src/methods/motion/settings.js";
import { BODY, type Clip } from "../../../src/motion/index.js";
import { aboutAxis } from "../../../src/motion/rotations.js";
import { Random } from "../../../src/random/index.js";

const FPS = 20;

/** A body that walks along +z at a speed, with swinging legs, and waves its right arm where `wave` says so. */
export function clipOf({
  frames,
  speed,
  wave,
}: {
  frames: number;
  speed: number;
  wave: (frame: number) => boolean;
}): Clip {
  const joints = BODY.names.length;
  const rotations = new Float32Array(frames * joints * 4);
  const root = new Float32Array(frames * 3);
  for (let f = 0; f < frames; f++) {
    const phase = (2 * Math.PI * f) / FPS;
    for (let j = 0; j < joints; j++) rotations[4 * (f * joints + j) + 3] = 1;
    const set = (name: string, axis: [number, number, number], radians: number) =>
      rotations.set(aboutAxis(axis, radians), 4 * (f * joints + BODY.names.indexOf(name)));
    set("leftHip", [1, 0, 0], 0.4 * speed * Math.sin(phase));
    set("rightHip", [1, 0, 0], -0.4 * speed * Math.sin(phase));
    set("rightShoulder", [0, 0, 1], wave(f) ? -1 + 0.4 * Math.sin(2 * phase) : 1.2);
    set("leftShoulder", [0, 0, 1], -1.2);
    root.set([0, 0.98, (speed * f) / FPS], 3 * f);
  }
  return { skeleton: BODY, fps: FPS, frames, rotations, root, contacts: null };
}

const walks = (speed: number) => `a person walks ${speed > 1 ? "quickly" : "slowly"}`;

/** Tiny clips of somebody who walks, and of some who wave in their second half. */
export function clips(count = 12): MotionDataset {
  const random = new Random(1, "clips");
  const one = (i: number): LabelledClip => {
    const speed = i % 2 === 0 ? 0.6 : 1.5;
    const frames = 70 + random.integer(40);
    const half = frames >> 1;
    const waves = i % 3 === 0;
    const clip = clipOf({ frames, speed, wave: (f) => waves && f >= half });
    const first = { captions: [walks(speed), walks(speed).replace("person", "man")], label: 0 };
    const segments = waves
      ? [
          { start: 0, end: half, ...first },
          { start: half, end: frames, captions: ["a person waves"], label: 1 },
        ]
      : [{ start: 0, end: frames, ...first }];
    return { name: `clip ${i}`, clip, segments };
  };
  const all = Array.from({ length: count }, (_, i) => one(i));
  return {
    id: "clips",
    kind: "motion",
    fps: FPS,
    classNames: ["walk", "wave"],
    origin: "procedural",
    train: all.slice(2),
    test: all.slice(0, 2),
    licence: "none",
    attribution: "made up",
  };
}

/** Settings that take seconds. */
export const micro: MotionSettings = {
  ...presets.tiny,
  codec: { ...presets.tiny.codec, width: 8, latent: 6, depth: 2, frames: 32, batch: 4, steps: 3 },
  teacher: { ...presets.tiny.teacher, width: 16, heads: 2, blocks: 1, batch: 4, steps: 2 },
  text: { words: 50, buckets: 16, length: 12, width: 16, heads: 2, blocks: 1 },
  network: { width: 24, heads: 2, blocks: 2, hidden: 32, block: 3, window: 6, attention: "causal" },
  training: { ...presets.tiny.training, captions: 2, batch: 4, steps: 3, emaDecay: 0.9 },
};
