import { SOUND_FEATURES, SOUND_FPS, SOUND_PARTS } from "./parts.js";

/** Speech begins at the first probability and ends below the second. */
export const [SPEECH_ON, SPEECH_OFF] = [0.5, 0.35];
/** Rows that speech must last to count (250 ms), and rows of silence that end it (400 ms). */
const [SHORTEST_SPEECH, HANG_OVER] = [Math.ceil(0.25 * SOUND_FPS), Math.ceil(0.4 * SOUND_FPS)];
/** Ages in seconds count up to here. */
const OLDEST = 4;

const NOISE_SECONDS = 8;
/** The level of the background in dB (0: a square wave of 1) is taken to lie in this range. */
const [QUIETEST, NOISIEST] = [-60, -40];
/** Speech stands so many dB above the background; the probability's slope. */
const [ABOVE, SLOPE] = [12, 2];

/**
 * Probability of speech from loudness alone: a logistic function of the level over that of the background, which is the
 * lowest of the last 8 seconds. Whatever is loud counts as speech; a network can tell better (`replaceSpeech`).
 */
export class LoudnessSpeech {
  private readonly lowest = new Float64Array(NOISE_SECONDS).fill(Number.POSITIVE_INFINITY);
  private rows = 0;
  private level = Number.NaN;

  /** Takes the mean square of the next row's samples and returns the probability, 0…1. */
  push(meanSquare: number): number {
    const level = 10 * Math.log10(meanSquare + 1e-10);
    this.level = this.rows === 0 ? level : this.level + (level - this.level) / 3;
    const second = Math.floor(this.rows / SOUND_FPS) % NOISE_SECONDS;
    if (this.rows++ % SOUND_FPS === 0) this.lowest[second] = this.level;
    this.lowest[second] = Math.min(this.lowest[second], this.level);
    const background = Math.max(QUIETEST, Math.min(NOISIEST, Math.min(...this.lowest)));
    return 1 / (1 + Math.exp(-(level - background - ABOVE) / SLOPE));
  }
}

/**
 * Who speaks since when, from probabilities of speech at 30 Hz. Speech begins where they reach 0.5 and stay above 0.35
 * for 250 ms, counted from its first row once it has lasted; it ends 400 ms after the last such row.
 */
export class TurnClock {
  private row = -1;
  private active = false;
  private begun = 0;
  private lastActive = -1;
  private speaking = false;

  /** Seconds that this person has been speaking, or silent; one of them is 0. */
  turn = 0;
  silence = 0;

  /** Takes the next probability. */
  push(probability: number): void {
    const row = ++this.row;
    const wasActive = this.active;
    this.active = probability >= (wasActive ? SPEECH_OFF : SPEECH_ON);
    if (this.active && !wasActive && !this.speaking) this.begun = row;
    if (!this.speaking && this.active && row - this.begun + 1 >= SHORTEST_SPEECH) this.speaking = true;
    if (this.speaking && this.active) this.lastActive = row;
    if (this.speaking && row - this.lastActive >= HANG_OVER) this.speaking = false;
    this.turn = this.speaking ? (row - this.begun + 1) / SOUND_FPS : 0;
    this.silence = this.speaking ? 0 : (row - this.lastActive) / SOUND_FPS;
  }
}

/** Writes a probability of speech and the ages that follow from it into the row that begins at `at`. */
export function writeSpeech(rows: Float32Array, at: number, probability: number, clock: TurnClock): void {
  clock.push(probability);
  rows[at + SOUND_PARTS.speech[0]] = probability;
  rows[at + SOUND_PARTS.turnAge[0]] = Math.min(clock.turn, OLDEST) / OLDEST;
  rows[at + SOUND_PARTS.silenceAge[0]] = Math.min(clock.silence, OLDEST) / OLDEST;
}

/**
 * A copy of rows [T, 40] whose probabilities of speech are others [T], such as those of a network, with the ages of turn
 * and silence that follow from them.
 * @throws where there is not one probability in [0, 1] for each row.
 */
export function replaceSpeech(rows: Float32Array, probabilities: Float32Array): Float32Array {
  if (probabilities.length * SOUND_FEATURES !== rows.length)
    throw new Error(
      `${rows.length / SOUND_FEATURES} rows take as many probabilities of speech, got ${probabilities.length}.`,
    );
  const wrong = probabilities.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) throw new Error(`The probability of speech of row ${wrong} is ${probabilities[wrong]}, not in 0…1.`);
  const [copy, clock] = [rows.slice(), new TurnClock()];
  probabilities.forEach((p, row) => {
    writeSpeech(copy, row * SOUND_FEATURES, p, clock);
  });
  return copy;
}
