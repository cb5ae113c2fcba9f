import { describe, expect, test } from "vitest";
import { dialogueFeatures, SAMPLE_RATE, SOUND_FEATURES, SOUND_PARTS } from "../../../src/audio/index.js";
import { openFlite } from "../../../src/data/voices/flite.js";
import { writeScript } from "../../../src/data/voices/script.js";
import { type SpokenDialogue, speakDialogue } from "../../../src/data/voices/spoken.js";
import { Random } from "../../../src/random/index.js";

const relations = ["friend", "stranger", "family", "dating"] as const;

test.each(relations)("the script of a %s has no word left to choose, and differs by seed", (relation) => {
  const scripts = [1, 2, 3, 4].map((seed) => writeScript(new Random(seed), relation).lines);
  for (const lines of scripts) {
    expect(lines.length).toBe(10);
    for (const line of lines) expect(line).toMatch(/^[A-Z][A-Za-z ,.'?!]+[.?!]$/);
  }
  expect(new Set(scripts.map(String)).size).toBe(4);
  expect(writeScript(new Random(1), relation).lines).toEqual(scripts[0]);
});

const flite = await openFlite().catch((error: Error) => {
  if (!/Could not fetch/.test(error.message)) throw error;
  console.warn(`Not run: ${error.message}`);
  return null;
});

describe.skipIf(!flite)("a spoken conversation", () => {
  const wishes = { relation: "friend", seed: 3, seconds: 8 } as const;
  let dialogue: SpokenDialogue;
  test("has two people who speak when it says so", async () => {
    dialogue = await speakDialogue(flite!, wishes);
    const { sounds, turns } = dialogue;
    expect(sounds[0].length).toBe(sounds[1].length);
    expect(sounds[0].length / SAMPLE_RATE).toBeLessThanOrEqual(8);
    expect(turns.length).toBeGreaterThan(2);
    for (const person of [0, 1]) {
      const own = turns.filter((turn) => turn.person === person);
      for (let i = 1; i < own.length; i++) expect(own[i].start).toBeGreaterThanOrEqual(own[i - 1].end);
    }
    expect(new Set(dialogue.voices.map((voice) => voice.name)).size).toBe(2);
    const features = dialogueFeatures(sounds);
    for (const { person, start, end, isBackChannel } of turns) {
      const rows = features[person].subarray(
        Math.ceil(start * 30) * SOUND_FEATURES,
        Math.floor(end * 30) * SOUND_FEATURES,
      );
      const heard = Array.from(
        { length: rows.length / SOUND_FEATURES },
        (_, k) => rows[k * SOUND_FEATURES + SOUND_PARTS.speech[0]],
      );
      if (!isBackChannel) expect(heard.filter((p) => p > 0.5).length / heard.length).toBeGreaterThan(0.6);
    }
    for (const [person, track] of sounds.entries())
      track.forEach((sample, i) => {
        const t = i / SAMPLE_RATE;
        const speaks = turns.some((turn) => turn.person === person && t > turn.start - 1e-3 && t < turn.end + 1e-3);
        if (!speaks && sample !== 0) throw new Error(`Person ${person} is heard at ${t} s, outside of the turns.`);
      });
  });

  test("is the same for the same seed, and bleeds as much as asked", async () => {
    const { sounds, turns } = await speakDialogue(flite!, { ...wishes, bleed: 0.3 });
    expect(turns).toEqual(dialogue.turns);
    const [a, b] = dialogue.sounds;
    const peak = (samples: Float32Array) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    const mixed = [a.map((x, i) => x + 0.3 * b[i]), b.map((x, i) => x + 0.3 * a[i])];
    const gain = 0.7 / Math.max(...mixed.map(peak));
    for (const person of [0, 1])
      expect(peak(sounds[person].map((x, i) => x - gain * mixed[person][i]))).toBeLessThan(1e-6);
    await expect(speakDialogue(flite!, { ...wishes, bleed: 2 })).rejects.toThrow("The bleed is 2");
  });

  test("a voice's pitch and pace are its own", async () => {
    const say = (pitch: number, stretch: number) => flite!.say("Good morning.", { name: "slt", pitch, stretch });
    const [plain, high, slow] = [await say(1, 1), await say(1.2, 1), await say(1, 1.5)];
    expect(high.length / plain.length).toBeCloseTo(1, 0.8);
    expect(slow.length / plain.length).toBeGreaterThan(1.3);
    await expect(say(3, 1)).rejects.toThrow("The factor on the pitch is 3");
  });
});
