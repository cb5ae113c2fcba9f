import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { constant, type Tensor } from "../../../src/tensor/index.js";

export const golden = (name: string): any =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../goldens/drifting", `${name}.json`), "utf8"));

export type Nested = number | readonly Nested[];
export const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));
const shapeOf = (value: Nested): number[] => (typeof value === "number" ? [] : [value.length, ...shapeOf(value[0])]);

/** A nested list as a constant; with `group`, as the only group of a batch. */
export const tensor = (value: Nested): Tensor => constant(flat(value), shapeOf(value));
export const group = (value: Nested): Tensor => tensor(value).unsqueeze(0);

/** Evaluates symbolic tensors. */
export async function evaluate<K extends string>(
  build: () => Record<K, Tensor>,
  device?: "cpu" | "wasm",
): Promise<Record<K, Float32Array>> {
  const program = compile({}, build, { threads: 1, device });
  const values = await program.run({});
  await program.release();
  return values;
}

/** Compares with expected values within an absolute or relative tolerance. */
export function close(actual: ArrayLike<number>, expected: Nested, tolerance = 1e-4): void {
  const wanted = flat(expected);
  expect(actual.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs(actual[i] - value), `entry ${i}: ${actual[i]} for ${value}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(value)),
    );
  });
}

/** A fixed random matrix, rounded to four digits. */
export function matrix(rows: number, columns: number, stream: string): number[][] {
  const random = new Random(11, stream);
  return Array.from({ length: rows }, () =>
    Array.from({ length: columns }, () => Math.round(1e4 * random.normal()) / 1e4),
  );
}
