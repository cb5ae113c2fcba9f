import type { Random } from "../random/index.js";
import { type Order, shuffledOrder } from "./order.js";

/** Where an `IndexStream` stands; plain JSON. */
export interface IndexStreamState {
  epoch: number;
  position: number;
}

/**
 * The indices 0..count−1 in a new random order every epoch, without end: each appears once per epoch, and a batch may
 * span two epochs. Epoch e's order is that of `random.split(e)`, so a state is two numbers. @see shuffledOrder
 */
export class IndexStream {
  private epoch = 0;
  private position = 0;
  private order: Order;

  constructor(
    readonly count: number,
    private readonly random: Random,
  ) {
    if (!(Number.isInteger(count) && count > 0)) throw new Error(`A stream of indices needs data, got ${count} items.`);
    this.order = shuffledOrder(count, random.split(0));
  }

  /** The next `n` indices. */
  next(n: number): Uint32Array {
    const batch = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      if (this.position === this.count) this.load({ epoch: this.epoch + 1, position: 0 });
      batch[i] = this.order(this.position++);
    }
    return batch;
  }

  state(): IndexStreamState {
    return { epoch: this.epoch, position: this.position };
  }

  /** Continues exactly where `state` was taken, given the same count and random seed. */
  load({ epoch, position }: IndexStreamState): void {
    if (!(Number.isInteger(epoch) && epoch >= 0 && Number.isInteger(position) && position >= 0))
      throw new Error(`This is no position in a stream: epoch ${epoch}, position ${position}.`);
    if (position > this.count)
      throw new Error(`Position ${position} lies beyond the ${this.count} items: the data is not what it was.`);
    if (epoch !== this.epoch) this.order = shuffledOrder(this.count, this.random.split(epoch));
    this.epoch = epoch;
    this.position = position;
  }
}

/** Where a `ClassStream` stands: one state per class, null for a class without items. Plain JSON. */
export type ClassStreamState = (IndexStreamState | null)[];

/** Indices by class: for each class its own shuffled stream without replacement. */
export class ClassStream {
  private readonly classes: { rows: Uint32Array; stream: IndexStream | null }[];
  /** Classes that have items. */
  readonly present: Int32Array;

  /** Shares of `present`, adding up to 1; null: all alike, and none twice. */
  private readonly shares: Float64Array | null;

  /**
   * `labels[i]` in [0, classes) is the class of item i. Class c is shuffled by `random.split(c)`. `weights` [classes] are
   * how often each class is drawn, relative to the others; default all alike.
   */
  constructor(labels: ArrayLike<number>, classes: number, random: Random, weights?: ArrayLike<number> | null) {
    const rows: number[][] = Array.from({ length: classes }, () => []);
    for (let i = 0; i < labels.length; i++) {
      if (!(labels[i] in rows)) throw new Error(`Item ${i} has label ${labels[i]}, but there are ${classes} classes.`);
      rows[labels[i]].push(i);
    }
    this.classes = rows.map((list, c) => ({
      rows: Uint32Array.from(list),
      stream: list.length > 0 ? new IndexStream(list.length, random.split(c)) : null,
    }));
    this.present = Int32Array.from(rows.flatMap((list, c) => (list.length > 0 ? [c] : [])));
    this.shares = weights ? sharesOf(Float64Array.from(this.present, (c) => weights[c])) : null;
  }

  /**
   * `n` classes that have items, in their order. Without weights they are different ones: all, or fewer drawn with
   * `random`. With weights a class comes n · share times on average, and never more than one time off.
   */
  drawClasses(n: number, random: Random): Int32Array {
    const { present } = this;
    if (n > present.length) throw new Error(`Only ${present.length} classes have items, ${n} were asked for.`);
    if (this.shares) return systematic(this.shares, n, random.uniform()).map((at) => present[at]);
    if (n === present.length) return present.slice();
    return Int32Array.from(random.permutation(present.length).subarray(0, n), (i) => present[i]);
  }

  /** `n` indices for each entry of `classes`, in that order: [classes.length × n]. */
  next(classes: ArrayLike<number>, n: number): Uint32Array {
    const batch = new Uint32Array(classes.length * n);
    for (let i = 0; i < classes.length; i++) {
      const { rows, stream } = this.classes[classes[i]] ?? {};
      if (!rows || !stream) throw new Error(`Class ${classes[i]} has no items.`);
      batch.set(
        stream.next(n).map((index) => rows[index]),
        i * n,
      );
    }
    return batch;
  }

  /** `n` indices for every class, class by class: [number of classes × n]. */
  perClass(n: number): Uint32Array {
    return this.next([...this.classes.keys()], n);
  }

  state(): ClassStreamState {
    return this.classes.map(({ stream }) => stream?.state() ?? null);
  }

  /** Continues exactly where `state` was taken, given the same labels and random seed. */
  load(state: ClassStreamState): void {
    if (state.length !== this.classes.length)
      throw new Error(`The stored state has ${state.length} classes, the data ${this.classes.length}.`);
    this.classes.forEach(({ stream }, c) => {
      if (!stream !== !state[c]) throw new Error(`Class ${c} is not what it was: the data has changed.`);
      stream?.load(state[c]!);
    });
  }
}

/** Weights divided by their sum. @throws where one is no number of at least 0, or all are 0. */
function sharesOf(weights: Float64Array): Float64Array {
  const bad = weights.find((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (bad !== undefined) throw new Error(`The weight of a class must be a number of at least 0, got ${bad}.`);
  const sum = weights.reduce((a, b) => a + b, 0);
  if (sum === 0) throw new Error("The weights of the classes that have items are all 0; at least one must be above.");
  return weights.map((weight) => weight / sum);
}

/**
 * Systematic sampling: `n` places of `shares`, ascending, at equal distances from a start that `offset` in [0, 1) gives.
 * Place i comes ⌊n · shares[i]⌋ or ⌈n · shares[i]⌉ times.
 */
export function systematic(shares: ArrayLike<number>, n: number, offset: number): Int32Array {
  const places = new Int32Array(n);
  let at = 0;
  let below = 0;
  for (let i = 0; i < n; i++) {
    while (at < shares.length - 1 && (i + offset) / n >= below + shares[at]) below += shares[at++];
    places[i] = at;
  }
  return places;
}
