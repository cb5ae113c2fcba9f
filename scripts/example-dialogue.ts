/**
 * Speaks the conversation in examples/dialogue.flac: `tsx scripts/example-dialogue.ts dialogue.wav && flac -8 dialogue.wav`.
 * Its samples have 12 bits, so that the file is small.
 */
import { openFlite } from "../src/data/voices/flite.js";
import { speakDialogue } from "../src/data/voices/spoken.js";
import { writeWav } from "../src/io/sound-write.js";

const [path = "dialogue.wav"] = process.argv.slice(2);
const flite = await openFlite();
const { sounds, turns } = await speakDialogue(flite, { relation: "friend", seed: 1, seconds: 20.5 });
await writeWav(
  path,
  sounds.map((sound) => sound.map((sample) => Math.round(sample * 2048) / 2048)),
);
for (const { person, start, end, text } of turns)
  console.log(`${"AB"[person]} ${start.toFixed(2)}–${end.toFixed(2)} s: ${text}`);
