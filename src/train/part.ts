import type { Feed, InputSpec } from "../runtime/index.js";
import { acrossParts, concat, constant, type Tensor } from "../tensor/index.js";

/** The rows of a batch that one of several processes computes. */
export interface Part {
  /** Its first row. */
  from: number;
  rows: number;
  /** Rows of the whole batch. */
  of: number;
}

/** How the batch of a phase can be divided. */
export interface Split {
  /** What is divided: each input's first axis is so many, or a multiple. */
  rows: number;
  /** Inputs that every part takes whole; default none. */
  whole?: readonly string[];
}

/** The part of a batch that is a rank's, one row more or less than the others'. Null: there are fewer rows than ranks. */
export function partOf(of: number, { rank, size }: { rank: number; size: number }): Part | null {
  if (of < size) return null;
  const from = Math.floor((rank * of) / size);
  return { from, rows: Math.floor(((rank + 1) * of) / size) - from, of };
}

/** Shapes of the inputs of a part. @throws where a first axis is no multiple of the batch's rows */
export function specsOfPart(specs: Record<string, InputSpec>, { whole = [] }: Split, part: Part) {
  const smaller = (name: string, [first, ...rest]: readonly number[]) => {
    if (!(first > 0 && first % part.of === 0))
      throw new Error(
        `The input "${name}" has ${first ?? "no"} rows, which ${part.of} do not divide; name it in whole.`,
      );
    return [(first / part.of) * part.rows, ...rest];
  };
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]): [string, InputSpec] => {
      if (!spec || whole.includes(name)) return [name, spec];
      if ("dtype" in spec) return [name, { ...spec, shape: smaller(name, spec.shape) }];
      return [name, smaller(name, spec)];
    }),
  );
}

/** What a part is fed of what the whole batch is. */
export function feedsOfPart(feeds: Record<string, Feed>, { whole = [] }: Split, { from, rows, of }: Part) {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]): [string, Feed] => {
      if (feed === undefined || typeof feed === "number" || whole.includes(name)) return [name, feed];
      const each = feed.length / of;
      const [start, end] = [from * each, (from + rows) * each];
      return [name, ArrayBuffer.isView(feed) ? feed.subarray(start, end) : feed.slice(start, end)];
    }),
  );
}

/**
 * The rows of the whole batch from those of a part, [rows, …] to [of, …], for losses that compare rows with each other.
 * Each part then computes the loss of all, of such rows and of what every part is given whole and of nothing else, and
 * gradients come back to its own rows. Without a part x.
 */
export function wholeBatch(x: Tensor, part?: Part): Tensor {
  if (!part || part.rows === part.of) return x;
  const { from, rows, of } = part;
  const none = (count: number) => {
    const shape = [count * (x.shape[0] / rows), ...x.shape.slice(1)];
    return constant(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  };
  const placed = [from > 0 && none(from), x.mul(of / rows), from + rows < of && none(of - from - rows)];
  return acrossParts(concat(placed.filter((one) => one !== false)), { alike: true });
}
