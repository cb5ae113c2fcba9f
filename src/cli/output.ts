import Table from "cli-table3";
import { entryAt } from "../io/reading.js";
import { WrongUse } from "../io/wrong-use.js";
import type { MetricReport } from "../metrics/index.js";

/** Prints machine-readable output as one JSON document on stdout. */
export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);

/** Prints rows under headings. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const table = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) table.push([...row]);
  process.stdout.write(`${table.toString()}\n`);
}

/** A message for people, on stderr, so that stdout stays clean for pipes. */
export const say = (message: string): void => void process.stderr.write(`${message}\n`);

/** An error of the person at the keyboard: shown without a stack, exit code 2. */
export class UsageError extends WrongUse {
  override name = "UsageError";
}

/**
 * A file that is asked for has to be there; `is` says what it should be. One that is there but cannot be read, or is
 * damaged, is no wrong use: whatever reads it throws. @throws UsageError where there is none
 */
export function requireFile(path: string, is: string): void {
  const found = entryAt(path);
  if (!found) throw new UsageError(`There is no file "${path}"; give ${is}.`);
  if (found.isDirectory()) throw new UsageError(`${path} is a folder; give ${is}.`);
}

/** Checks options that the person asked for: whatever `check` throws is wrong use. Files are read outside of it. */
export async function checked<T>(check: () => T | Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

const figure = (value: number) => Number(value.toPrecision(4));

/** Prints metrics with their intervals and floors. */
export function showMetrics(metrics: readonly MetricReport[]): void {
  printTable(
    ["metric", "value", "95 % interval", "real against real"],
    metrics.map(({ name, value, interval, floor }: MetricReport) => [
      name,
      figure(value),
      interval ? interval.map(figure).join(" … ") : "",
      floor === null ? "" : figure(floor),
    ]),
  );
}
