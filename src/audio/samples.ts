/** Samples that grow at the end and are dropped at the beginning, without a copy for every piece. */
export class SampleQueue {
  private held = new Float32Array(1 << 14);
  private first = 0;
  private last = 0;

  /** Number, since the beginning of the sound, of the first sample that is held, and of the one after the last. */
  start = 0;
  get end(): number {
    return this.start + this.last - this.first;
  }

  /** Everything that has memory; sample n stands at `place(n)`. */
  get data(): Float32Array {
    return this.held;
  }
  place(sample: number): number {
    return sample - this.start + this.first;
  }

  /** Room for `count` more samples: where they are to be written. */
  grow(count: number): Float32Array {
    if (this.last + count > this.held.length) {
      const kept = this.held.subarray(this.first, this.last);
      const needed = kept.length + count;
      if (needed > this.held.length / 2) this.held = new Float32Array(2 ** Math.ceil(Math.log2(2 * needed)));
      this.held.set(kept);
      [this.first, this.last] = [0, kept.length];
    }
    const room = this.held.subarray(this.last, this.last + count);
    this.last += count;
    return room;
  }

  /** All samples that are held; they are valid until the queue grows. */
  all(): Float32Array {
    return this.held.subarray(this.first, this.last);
  }

  /** Forgets the samples before `sample`. */
  dropBefore(sample: number): void {
    const count = Math.max(0, Math.min(sample, this.end) - this.start);
    this.first += count;
    this.start += count;
  }
}
