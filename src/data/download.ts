import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { showBytes } from "../io/byte-reader.js";
import { watchTransfer } from "../io/stall.js";
import type { Progress } from "./progress.js";

/** A hash in the form that registries use: algorithm, dash, base64 digest. */
export type Integrity = `sha512-${string}` | `sha256-${string}`;

export interface DownloadOptions {
  onProgress?: Progress;
  signal?: AbortSignal;
  /** Bytes at most; default 2 GB. */
  maxBytes?: number;
  /** Seconds in which an answer must begin, and then 1 KiB a second must arrive; default 30. */
  timeout?: number;
}

/** A file arrived with other content than was published. Trying elsewhere does not help. */
export class IntegrityError extends Error {}

/** The connection ended early. */
class ConnectionLost extends Error {
  constructor(
    url: string,
    reason: string,
    /** Whether to go on at once may help: not where the server is too slow. */
    readonly passing = true,
  ) {
    super(`${url}: the connection was lost (${reason}). What has arrived is kept; try again to continue.`);
  }
}

/**
 * Downloads `url` to `path`, unless it is there already, and checks its hash. An interrupted download leaves
 * `path.part` and continues there, at once while it makes progress, or the next time; so no two may run for one path
 * (`withWorkspace`). On a wrong hash only the partial file is removed; what was at `path` before stays.
 */
export async function download(
  url: string,
  path: string,
  integrity: Integrity,
  options: DownloadOptions = {},
): Promise<void> {
  if (await isIntact(path, integrity)) return;
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  for (const last of [false, true]) {
    const inPieces = await fetchAll(url, part, options);
    try {
      await verify(part, integrity, url);
      break;
    } catch (error) {
      await discard(part);
      if (last || !inPieces) throw error; // pieces may have been of different files
    }
  }
  await rename(part, path);
  await discard(part);
}

/** Whether `path` is a file with that hash. */
export const isIntact = async (path: string, integrity: Integrity): Promise<boolean> =>
  (await size(path)) > 0 && (await integrityOf(path, algorithmOf(integrity))) === integrity;

/** Throws an `IntegrityError` if the file at `path`, which came from `source`, has another hash. */
export async function verify(path: string, integrity: Integrity, source: string): Promise<void> {
  const actual = await integrityOf(path, algorithmOf(integrity));
  if (actual !== integrity)
    throw new IntegrityError(
      `Wrong checksum for ${source}: expected ${integrity}, got ${actual}. The download was discarded; nothing that was there before has been touched.`,
    );
}

const algorithmOf = (integrity: Integrity) => integrity.slice(0, 6);

async function integrityOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk);
  return `${algorithm}-${hash.digest("base64")}`;
}

const size = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

/** Which version of the file a part is of, as the server calls it: its strong ETag, or nothing. */
const versionFile = (part: string) => `${part}.etag`;

async function discard(part: string): Promise<void> {
  await rm(part, { force: true });
  await rm(versionFile(part), { force: true });
}

/** Fetches until all is there, as long as it grows. True if that took more than one request. */
async function fetchAll(url: string, part: string, options: DownloadOptions): Promise<boolean> {
  const resumed = (await size(part)) > 0;
  let most = 0;
  for (let requests = 1; ; requests++) {
    try {
      if (await fetchRest(url, part, options)) return resumed || requests > 1;
    } catch (error) {
      options.signal?.throwIfAborted();
      const now = await size(part);
      if (!(error instanceof ConnectionLost && error.passing) || now <= most) throw error;
      most = now;
    }
  }
}

/** Appends to `part` what is missing of `url`, or starts anew where that cannot be. True when all is there. */
async function fetchRest(url: string, part: string, options: DownloadOptions): Promise<boolean> {
  const { onProgress, signal, maxBytes = 2e9, timeout = 30 } = options;
  const have = await size(part);
  const version = have > 0 ? await readFile(versionFile(part), "utf8").catch(() => "") : "";
  const headers: Record<string, string> = { "Accept-Encoding": "identity" };
  if (have > 0) headers.Range = `bytes=${have}-`;
  if (version) headers["If-Range"] = version;
  const stalled = new AbortController();
  const watch = watchTransfer(timeout, (reason) => stalled.abort(new Error(reason)));
  const ends = AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]);
  try {
    const response = await fetch(url, { headers, signal: ends }).catch((error: Error) => {
      const { message, name } = error.cause instanceof Error ? error.cause : error;
      throw new Error(`${url} cannot be reached: ${message || name}`, { cause: error });
    });
    watch.answered();
    const answer = readAnswer(response, have, version);
    if (answer === "complete" || answer === "other") {
      await response.body?.cancel();
      if (answer === "other") await discard(part);
      return answer === "complete";
    }
    if (!answer || !response.body) throw new Error(`${url}: ${response.status} ${response.statusText}`);
    const { start, end, total } = answer;
    const done = await append(response, part, start, (done) => {
      watch.received(done - start);
      if (Math.max(done, total ?? 0) > maxBytes) throw new TooLarge(url, Math.max(done, total ?? 0), maxBytes);
      onProgress?.({ task: `downloading ${basename(part, ".part")}`, done, total, unit: "bytes" });
    });
    if (end !== null && done < end) throw new ConnectionLost(url, `${done} of ${total ?? end} bytes`);
    if (end !== null && done > end) {
      await discard(part);
      throw new Error(`${url}: the server sent ${done - start} bytes where it had announced ${end - start}.`);
    }
    return total === null || done >= total;
  } catch (error) {
    if (error instanceof TooLarge) await discard(part);
    if (!(error instanceof BodyError)) throw error;
    throw new ConnectionLost(url, error.message, !stalled.signal.aborted);
  } finally {
    watch.stop();
    stalled.abort(); // ends what is left of the transfer
  }
}

/** The body ended before its end. */
class BodyError extends Error {}

/** More bytes than a source may have. */
class TooLarge extends Error {
  constructor(url: string, bytes: number, most: number) {
    super(`${url} has ${showBytes(bytes)} or more, and at most ${showBytes(most)} are downloaded. Nothing was kept.`);
  }
}

/** Writes a body to `part` from `start` on. Tells, and returns, where it has come to. */
async function append(response: Response, part: string, start: number, tell: (done: number) => void): Promise<number> {
  let done = start;
  const file = await open(part, start > 0 ? "a" : "w");
  try {
    if (start === 0) await writeFile(versionFile(part), strongTag(response));
    const chunks = response.body![Symbol.asyncIterator]();
    for (;;) {
      const { value: chunk, done: ended } = await chunks.next().catch((error: Error) => {
        throw new BodyError(error.message);
      });
      if (ended) return done;
      tell(done + chunk.length);
      await file.writeFile(chunk);
      done += chunk.length;
    }
  } finally {
    await file.close();
  }
}

/** The bytes that a body holds: from `start` to before `end` (null: not known) of a file of `total`. */
interface Piece {
  start: number;
  end: number | null;
  total: number | null;
}

/**
 * What the server sends when `have` bytes of `version` are there already: a piece that fits, "complete" if those are
 * all, "other" if they are of another file or the answer does not fit to them, undefined for an error.
 */
function readAnswer(response: Response, have: number, version: string): Piece | "complete" | "other" | undefined {
  const range = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(response.headers.get("content-range")?.trim() ?? "");
  const total = range && range[3] !== "*" ? Number(range[3]) : null;
  const rangeNotSatisfiable = 416;
  if (response.status === rangeNotSatisfiable && have > 0) return total === have ? "complete" : "other";
  if (response.status === 206) {
    if (have === 0) return undefined;
    const [start, end] = range?.[1] ? [Number(range[1]), Number(range[2]) + 1] : [-1, 0];
    const fits = start === have && end > start && (total === null || end <= total);
    const same = !version || !response.headers.has("etag") || response.headers.get("etag") === version;
    return fits && same && !response.headers.has("content-encoding") ? { start, end, total } : "other";
  }
  if (!response.ok) return undefined;
  const length = Number(response.headers.get("content-length"));
  const known = length > 0 && !response.headers.has("content-encoding") ? length : null;
  return { start: 0, end: known, total: known };
}

const strongTag = ({ headers }: Response): string => {
  const tag = headers.get("etag") ?? "";
  return tag.startsWith("W/") ? "" : tag;
};
