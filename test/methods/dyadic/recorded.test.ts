import { join } from "node:path";
import { expect, test } from "vitest";
import { SAMPLE_RATE, SOUND_FEATURES, SOUND_PARTS, soundFeatures } from "../../../src/audio/index.js";
import { readSoundFile } from "../../../src/io/sound-read.js";
import { loadModel } from "../../../src/methods/load.js";
import { ownCoupling, partnerCoupling } from "../../../src/metrics/gesture/index.js";
import type { Clip } from "../../../src/motion/index.js";

const read = async (name: string) =>
  (await readSoundFile(join(import.meta.dirname, "../../goldens/audio", name))).channels[0];

/** Two people who say a sentence each in turn, half a second apart. */
function inTurns(sentences: readonly [Float32Array, Float32Array], turns: number): [Float32Array, Float32Array] {
  const [first, second] = sentences;
  const round = first.length + second.length + SAMPLE_RATE;
  const tracks: [Float32Array, Float32Array] = [new Float32Array(turns * round), new Float32Array(turns * round)];
  for (let k = 0; k < turns; k++) {
    tracks[0].set(first, k * round);
    tracks[1].set(second, k * round + first.length + SAMPLE_RATE / 2);
  }
  return tracks;
}

const loudness = (sound: Float32Array) => {
  const rows = soundFeatures(sound);
  const [at] = SOUND_PARTS.energy;
  return Array.from({ length: rows.length / SOUND_FEATURES }, (_, t) => Math.exp(rows[t * SOUND_FEATURES + at]));
};
/** By how much the joints turn from frame to frame. */
const energy = ({ rotations, frames }: Clip) => {
  const width = rotations.length / frames;
  const turned = (t: number) => {
    let sum = 0;
    for (let i = t * width; i < (t + 1) * width; i++) sum += Math.abs(rotations[i] - rotations[i - width]);
    return sum;
  };
  return Array.from({ length: frames }, (_, t) => (t === 0 ? 0 : turned(t)));
};
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b);

test("the shipped model, which learnt from made voices, moves whoever of two recorded ones speaks", async () => {
  const model = await loadModel("talk", { kind: "gesture", device: "cpu" });
  try {
    const sounds = inTurns([await read("speech.flac"), await read("arctic_a0007.wav")], 2);
    const [a, b] = (await model.sample({}, { sounds })).dialogues[0] as [Clip, Clip];
    for (const [clip, own, partner] of [
      [a, sounds[0], sounds[1]],
      [b, sounds[1], sounds[0]],
    ] as const) {
      expect(ownCoupling(energy(clip), loudness(own), clip.fps)).toBeGreaterThan(0.3);
      expect(partnerCoupling(energy(clip), loudness(partner), clip.fps)).toBeLessThan(-0.2);
    }
    const silence = sounds.map(({ length }) => new Float32Array(length));
    const [still] = (await model.sample({}, { sounds: silence as typeof sounds })).dialogues[0];
    expect(sum(energy(a))).toBeGreaterThan(2 * sum(energy(still)));
  } finally {
    await model.release();
  }
});
