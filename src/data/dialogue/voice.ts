import { SAMPLE_RATE } from "../../audio/index.js";
import type { Random } from "../../random/index.js";
import type { Person } from "./behaviour.js";
import { bump } from "./curves.js";
import { FALL, RISE, type Syllable } from "./speech.js";

/** The three lowest resonances of a throat of average length in some vowels, Hz. */
const VOWELS = [
  [730, 1090, 2440],
  [530, 1840, 2480],
  [270, 2290, 3010],
  [570, 840, 2410],
  [300, 870, 2240],
];
const WIDTHS = [80, 100, 150];
/** Share of syllables that begin without a voice, and for how many seconds. */
const [UNVOICED, HISS] = [0.6, 0.05];
/** Octaves by which pitch falls over a turn, and by which it rises on a stressed syllable. */
const [DECLINE, ACCENT] = [0.3, 0.3];
/** Samples of one pitch. */
const STRETCH = 80;

/**
 * What a microphone would hear of a person's syllables: pulses of the person's pitch, which falls over a turn and rises
 * where stressed, and noise where syllables begin without a voice, through the resonances of a throat; as loud as the
 * syllables are, silent where there are none. [seconds · 16000], of no bounded size.
 */
export function voiceOf(
  syllables: readonly Syllable[],
  person: Person,
  { seconds, random }: { seconds: number; random: Random },
): Float32Array {
  const sound = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  const loud = new Float32Array(sound.length);
  const owner = new Int32Array(sound.length).fill(-1);
  for (const [i, { time, amplitude }] of syllables.entries())
    for (let at = Math.max(0, sampleAt(time - RISE)); at < Math.min(sound.length, sampleAt(time + FALL)); at++) {
      const value = amplitude * bump(at / SAMPLE_RATE, time, RISE, FALL);
      if (value <= loud[at]) continue;
      loud[at] = value;
      owner[at] = i;
    }
  const throat = new Float64Array(3 * WIDTHS.length);
  let [phase, step] = [0, 0];
  for (let from = 0; from < sound.length; ) {
    let to = from + 1;
    while (to < sound.length && owner[to] === owner[from]) to++;
    if (owner[from] >= 0) {
      const syllable = syllables[owner[from]];
      const filters = resonances(random.choice(VOWELS), person.throat);
      const voiced = random.uniform() < UNVOICED ? from + HISS * SAMPLE_RATE : from;
      let power = 0;
      for (let at = from; at < to; at++) {
        if ((at - from) % STRETCH === 0) step = pitchAt(at / SAMPLE_RATE, syllable, person.pitch) / SAMPLE_RATE;
        phase += step;
        let value = at < voiced ? 0.1 * (2 * random.uniform() - 1) : 0;
        if (phase >= 1) {
          phase -= 1;
          if (at >= voiced) value += 1;
        }
        for (let k = 0; k < filters.length; k += 3) {
          value = filters[k] * value + filters[k + 1] * throat[k] + filters[k + 2] * throat[k + 1];
          throat[k + 1] = throat[k];
          throat[k] = value;
        }
        sound[at] = value;
        power += value * value;
      }
      const scale = person.loudness / Math.sqrt(power / (to - from) + 1e-12);
      for (let at = from; at < to; at++) sound[at] *= scale * loud[at];
    }
    from = to;
  }
  return sound;
}

const sampleAt = (time: number): number => Math.round(time * SAMPLE_RATE);

/** Hz of a syllable's voice at a time. */
function pitchAt(time: number, { time: peak, stressed, turn }: Syllable, median: number): number {
  const progress = (time - turn.start) / (turn.end - turn.start);
  const accent = stressed ? ACCENT * bump(time, peak, RISE, FALL) : 0;
  return median * 2 ** (DECLINE * (0.5 - progress) + accent);
}

/** For each resonance three factors of a filter with two poles: y = g · x + a · y₋₁ + b · y₋₂, of gain 1 at 0 Hz. */
const resonances = (formants: readonly number[], throat: number): Float64Array =>
  Float64Array.from(
    formants.flatMap((formant, k) => {
      const radius = Math.exp((-Math.PI * WIDTHS[k]) / SAMPLE_RATE);
      const a = 2 * radius * Math.cos((2 * Math.PI * (formant / throat)) / SAMPLE_RATE);
      const b = -radius * radius;
      return [1 - a - b, a, b];
    }),
  );
