import type { Random } from "../../random/index.js";

export interface SampleQueueState {
  slots: Float32Array;
  next: Int32Array;
  count: Int32Array;
}

/**
 * Ring buffers of recent real samples, one for each class (2602.04770 appendix A.8). Sampling never returns a slot that
 * was not written; without replacement while a class holds enough, with replacement over what it holds otherwise.
 */
export class SampleQueue {
  private readonly slots: Float32Array;
  private readonly next: Int32Array;
  readonly count: Int32Array;

  constructor(
    readonly classes: number,
    readonly capacity: number,
    /** Numbers per sample. */
    readonly size: number,
  ) {
    this.slots = new Float32Array(classes * capacity * size);
    this.next = new Int32Array(classes);
    this.count = new Int32Array(classes);
  }

  private slot(label: number, index: number): Float32Array {
    const at = (label * this.capacity + index) * this.size;
    return this.slots.subarray(at, at + this.size);
  }
  private check(label: number): void {
    if (!Number.isInteger(label) || label < 0 || label >= this.classes)
      throw new Error(`The queue has classes 0 … ${this.classes - 1}, not ${label}.`);
  }

  /** Puts one sample in, over the oldest of its class when that is full. */
  push(sample: ArrayLike<number>, label: number): void {
    this.check(label);
    if (sample.length !== this.size)
      throw new Error(`A sample of this queue has ${this.size} numbers, got ${sample.length}.`);
    this.slot(label, this.next[label]).set(sample);
    this.next[label] = (this.next[label] + 1) % this.capacity;
    this.count[label] = Math.min(this.count[label] + 1, this.capacity);
  }

  /** Draws `n` samples of a class, [n, size]. Throws where the class holds none. */
  sample(label: number, n: number, random: Random): Float32Array {
    this.check(label);
    const held = this.count[label];
    if (held === 0) throw new Error(`The queue holds no sample of class ${label} yet; push some first.`);
    const order = n <= held ? random.permutation(held) : null;
    const out = new Float32Array(n * this.size);
    for (let i = 0; i < n; i++) out.set(this.slot(label, order ? order[i] : random.integer(held)), i * this.size);
    return out;
  }

  state(): SampleQueueState {
    return { slots: this.slots.slice(), next: this.next.slice(), count: this.count.slice() };
  }
  load({ slots, next, count }: SampleQueueState): void {
    if (slots.length !== this.slots.length || next.length !== this.classes)
      throw new Error(`The state belongs to another queue: ${slots.length} numbers and ${next.length} classes.`);
    this.slots.set(slots);
    this.next.set(next);
    this.count.set(count);
  }
}
