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

/** The rows of a metrics file, none where there is no file; a line that a killed process left unfinished is skipped. */
export async function* readMetrics(path: string): AsyncGenerator<MetricsRow> {
  if (!existsSync(path)) return;
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      try {
        yield JSON.parse(line);
      } catch {}
    }
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

  /** Drops the rows after `step`, so that the file agrees with a checkpoint. */
  async truncate(step: number): Promise<void> {
    this.close();
    if (!existsSync(this.path)) return;
    const rows: string[] = [];
    for await (const row of readMetrics(this.path)) if (row.step <= step) rows.push(`${JSON.stringify(row)}\n`);
    await writeFileAtomic(this.path, rows.join(""));
  }

  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }
}
