/** Blocks that the pace is a mean of. */
const LAST = 8;

/** How long blocks of a session take, over the last few. */
export class Pace {
  /** Milliseconds of a block, and seconds of motion that it holds; null before the first. */
  now = $state.raw<{ ms: number; seconds: number } | null>(null);
  #last: { ms: number; seconds: number }[] = [];

  begin(): void {
    this.#last = [];
  }

  add(ms: number, seconds: number): void {
    this.#last = [...this.#last, { ms, seconds }].slice(-LAST);
    const mean = (of: "ms" | "seconds") => this.#last.reduce((sum, one) => sum + one[of], 0) / this.#last.length;
    this.now = { ms: mean("ms"), seconds: mean("seconds") };
  }
}
