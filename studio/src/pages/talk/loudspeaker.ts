import { SAMPLE_RATE } from "fewstep/browser";
import type { Tape } from "./tape.js";

/** Seconds that are handed to the loudspeaker ahead, and that it may be wrong by. */
const AHEAD = 0.25;
const APART = 0.08;

/** Plays tapes in step with what is shown: it follows the figures, which wait where the model is slow. */
export class Loudspeaker {
  readonly #context = new AudioContext();
  #playing = new Set<AudioBufferSourceNode>();
  /** The clock's time at second 0 of the tapes, and the second up to which all is handed over. */
  #start = Number.NaN;
  #until = 0;

  /** To be called where something is shown, with its second; first tape left, second right, null: not played. */
  follow(second: number, tapes: readonly (Tape | null)[]): void {
    const now = this.#context.currentTime;
    if (!(Math.abs(now - second - this.#start) < APART)) {
      this.silence();
      this.#start = now - second;
      this.#until = second;
    }
    const there = Math.min(...tapes.flatMap((tape) => tape?.end ?? [])) / SAMPLE_RATE;
    const to = Math.min(second + AHEAD, there);
    const [first, last] = [Math.round(this.#until * SAMPLE_RATE), Math.round(to * SAMPLE_RATE)];
    if (!Number.isFinite(to) || last - first < 160) return;
    const buffer = this.#context.createBuffer(2, last - first, SAMPLE_RATE);
    for (const [channel, tape] of tapes.entries())
      if (tape) {
        // Both are in the middle, each a little to its own side
        const samples = tape.slice(first, last);
        const left = buffer.getChannelData(0);
        const right = buffer.getChannelData(1);
        const [near, far] = [0.8, 0.45];
        for (let i = 0; i < samples.length; i++) {
          left[i] += (channel === 0 ? near : far) * samples[i];
          right[i] += (channel === 0 ? far : near) * samples[i];
        }
      }
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.onended = () => this.#playing.delete(source);
    source.start(Math.max(now, this.#start + first / SAMPLE_RATE));
    this.#playing.add(source);
    this.#until = last / SAMPLE_RATE;
  }

  /** Stops at once; it goes on with the next `follow`. */
  silence(): void {
    for (const source of this.#playing) source.stop();
    this.#playing.clear();
    this.#start = Number.NaN;
  }

  close(): void {
    this.silence();
    void this.#context.close();
  }
}
