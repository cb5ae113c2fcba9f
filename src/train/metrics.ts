import { closeSync, createReadStream, existsSync, openSync, writeSync } from "node:fs";
import { writeFileAtomic } from "../io/atomic.js";

/** One line of metrics.jsonl: what the training step returned, and when. */
export interface MetricsRow {
  /** Training steps made in the whole run. */
  step: number;
  stage: string;
  seconds: number;
  imagesPerSecond: number;
  /** Not-finite values are stored as null. */
  [metric: string]: number | string | null;
}

const isRow = (value: any): value is MetricsRow => Number.isFinite(value?.step) && typeof value.stage === "string";

/**
 * The rows of a metrics file, none where there is no file; a line that is no row, such as a half-written one, is
 * skipped.
 */
export async function* readMetrics(path: string): AsyncGenerator<MetricsRow> {
  if (!existsSync(path)) return;
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      const row = parse(line);
      if (isRow(row)) yield row;
    }
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Appends rows to a metrics file; each is with the operating system when `append` returns. */
export class MetricsFile {
  private descriptor: number | null = null;

  constructor(readonly path: string) {}

  append(row: MetricsRow): void {
    this.descriptor ??= openSync(this.path, "a");
    const line = Buffer.from(`${JSON.stringify(row)}\n`);
    for (let at = 0; at < line.length; ) at += writeSync(this.descriptor, line, at);
  }

  /**
   * Drops the rows of a stage after `step`, so that the file agrees with a checkpoint, and puts the others in order.
   */
  async truncate(stage: string, step: number): Promise<void> {
    this.close();
    if (!existsSync(this.path)) return;
    const rows: MetricsRow[] = [];
    for await (const row of readMetrics(this.path)) if (row.stage !== stage || row.step <= step) rows.push(row);
    rows.sort((a, b) => a.step - b.step);
    await writeFileAtomic(this.path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }
}
