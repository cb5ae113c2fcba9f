import { open, stat } from "node:fs/promises";

/** What a training last wrote on its error stream. */
export interface LogTail {
  /** The last lines, without the lines of progress. */
  lines: string[];
  /** Why it failed; null where it did not, or the log is older than what has happened since. */
  error: string | null;
}

const BYTES = 16_384;
const LINES = 20;
const NO_LOG: LogTail = { lines: [], error: null };

/** The end of a training's log. A failure is its last word: "fewstep: " and why. */
export async function readLog(path: string): Promise<LogTail & { written: number }> {
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) return { ...NO_LOG, written: 0 };
  const handle = await open(path, "r");
  try {
    const from = Math.max(0, found.size - BYTES);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(BYTES), 0, BYTES, from);
    const all = buffer
      .toString("utf8", 0, bytesRead)
      .split("\n")
      .map((line) => line.trimEnd());
    const lines = (from > 0 ? all.slice(1) : all).filter((line) => line !== "" && !/^[\w-]+ \d+\/\d+ · /.test(line));
    const fault = lines.findLastIndex((line) => line.startsWith("fewstep: "));
    const error = fault < 0 ? null : lines.slice(fault).join("\n").slice("fewstep: ".length);
    return { lines: lines.slice(-LINES), error, written: found.mtimeMs };
  } finally {
    await handle.close();
  }
}
