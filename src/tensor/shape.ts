/** A static shape: one non-negative integer per axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((n, i) => n === b[i]);

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

/** A value of the wrong kind in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "bigint") return `the BigInt ${value}`;
  if (typeof value === "number" || typeof value === "boolean") return `the ${typeof value} ${value}`;
  if (typeof value === "function") return "namedParameters" in value ? "a network" : "a function";
  if (typeof value !== "object") return `a ${typeof value}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof (value as { then?: unknown }).then === "function") return "a promise";
  return `an object (${value.constructor?.name ?? "no class"})`;
}

/** Throws unless a value is a list of numbers; that they are sizes is checked where a tensor is made. */
export function requireShape(value: unknown, what: string): asserts value is Shape {
  if (!Array.isArray(value) || !value.every((n) => typeof n === "number"))
    throw new Error(`${what}: a shape is a list of whole numbers, such as [2, 3], got ${describe(value)}.`);
}

/** NumPy broadcasting of any number of shapes. Throws where an axis has two different sizes, neither of them 1. */
export function broadcastShapes(...shapes: Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, axis) => {
    let size = 1;
    for (const shape of shapes) {
      const n = shape[axis - rank + shape.length] ?? 1;
      if (n === 1 || n === size) continue;
      if (size !== 1)
        throw new Error(`Shapes ${shapes.map(showShape).join(" and ")} do not broadcast: ${size} against ${n}.`);
      size = n;
    }
    return size;
  });
}

/** Maps an axis in [-rank, rank) to [0, rank). */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    throw new Error(`Axis ${axis} is out of range for a tensor of rank ${rank}.`);
  return axis < 0 ? axis + rank : axis;
}

/** Normalised, sorted, distinct axes; all axes where none are given. */
export function normalizeAxes(axes: number | readonly number[] | undefined, rank: number): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank));
  if (new Set(list).size !== list.length) throw new Error(`Axes ${showShape(list)} repeat an axis.`);
  return list.sort((a, b) => a - b);
}
