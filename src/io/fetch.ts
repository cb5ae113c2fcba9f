import type { Progress } from "../data/progress.js";
import { type ByteReader, showBytes } from "./byte-reader.js";
import { watchTransfer } from "./stall.js";

/** How a file is fetched. */
export interface FetchOptions {
  /** Hears how much has arrived. */
  onProgress?: Progress;
  /** Ends the transfer; the error is the signal's reason. */
  signal?: AbortSignal;
  /** Bytes at most, after any decompression; default 2 GB. */
  maxBytes?: number;
  /** Seconds in which an answer must begin, and then 1 KiB a second must arrive, before an attempt ends; default 30. */
  timeout?: number;
  /** How often it is tried where the connection or the server fails; default 3. */
  attempts?: number;
}

/** How a file is fetched whose answer matters too. */
export interface FetchingOptions extends FetchOptions {
  /** Hears the headers of an answer that is no error. */
  onHeaders?(headers: Headers): void;
}

/** A file that could not be fetched; the message names the address and the cause. */
export class FetchError extends Error {
  override name = "FetchError";
  /** Whether another attempt may help. */
  readonly passing: boolean;

  constructor(url: URL, reason: string, { passing = false, cause }: { passing?: boolean; cause?: unknown } = {}) {
    super(`${showUrl(url)} could not be fetched: ${reason}.`, { cause });
    this.passing = passing;
  }
}

/** An address for people: without a password, and without the values of a query, which may be secret. */
export const showUrl = ({ origin, pathname, search }: URL): string => `${origin}${pathname}${search && "?…"}`;

const PASSING_STATUS = [408, 425, 429, 500, 502, 503, 504];

/**
 * Fetches a file and hands a reader of its decoded bytes to `use`, from the start again where the connection is lost.
 * No more than
 * `maxBytes` are read, whatever the server announces. Throws a `FetchError`, or what `use` throws.
 */
export async function fetching<T>(
  url: URL,
  use: (reader: ByteReader) => Promise<T>,
  options: FetchingOptions = {},
): Promise<T> {
  const { attempts = 3, signal } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptOnce(url, use, options);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof FetchError && error.passing) || attempt >= attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * 4 ** (attempt - 1)));
    }
  }
}

async function attemptOnce<T>(
  url: URL,
  use: (reader: ByteReader) => Promise<T>,
  { onProgress, onHeaders, signal, maxBytes = 2e9, timeout = 30 }: FetchingOptions,
): Promise<T> {
  signal?.throwIfAborted();
  if (url.username || url.password)
    throw new FetchError(url, "an address with a user name or password is not sent; use one that needs none");
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  signal?.addEventListener("abort", stop, { once: true });
  let late: FetchError | null = null;
  const watch = watchTransfer(timeout, (reason) => {
    late = new FetchError(url, reason, { passing: true });
    controller.abort(late);
  });
  const failure = (error: unknown) =>
    late ?? new FetchError(url, reasonOf(error as Error), { passing: true, cause: error });

  try {
    const response = await fetch(url, { signal: controller.signal }).catch((error) => {
      throw failure(error);
    });
    watch.answered();
    if (response.ok) onHeaders?.(response.headers);
    const task = `fetching ${url.pathname.split("/").at(-1)}`;
    const onBytes = (done: number, total: number | null) => {
      watch.received(done);
      onProgress?.({ task, done, total, unit: "bytes" });
    };
    return await use(bodyReader(url, response, { maxBytes, failure, onBytes }));
  } finally {
    watch.stop();
    signal?.removeEventListener("abort", stop);
    controller.abort(); // ends what is left of the transfer
  }
}

interface BodyOptions {
  maxBytes: number;
  /** The error of a broken stream. */
  failure(error: unknown): Error;
  onBytes(received: number, total: number | null): void;
}

/** The decoded bytes of an answer. Throws where the server answers with an error or announces too much. */
function bodyReader(url: URL, response: Response, { maxBytes, failure, onBytes }: BodyOptions): ByteReader {
  const { ok, body, status, statusText, headers } = response;
  if (!ok || !body)
    throw new FetchError(url, `the server answered ${status} ${statusText}`.trim(), {
      passing: PASSING_STATUS.includes(status),
    });
  const refuseBeyond = (bytes: number, least = "") => {
    if (bytes <= maxBytes) return;
    const most = `at most ${showBytes(maxBytes)} are fetched; if you trust it, fetch it by other means`;
    throw new FetchError(url, `it has ${least}${showBytes(bytes)}, and ${most}`);
  };
  const announced = Number(headers.get("content-length"));
  refuseBeyond(announced);
  let total = headers.get("content-encoding") || !announced ? null : announced;

  const stream = body.getReader();
  let received = 0;
  let taken = 0;
  let pending = new Uint8Array();
  /** Waits for more bytes; false at the end. */
  const more = async (): Promise<boolean> => {
    while (pending.length === 0) {
      const { value, done } = await stream.read().catch((error) => {
        throw failure(error);
      });
      if (done) return false;
      pending = value;
      received += value.length;
      refuseBeyond(received, "at least ");
      onBytes(received, total);
    }
    return true;
  };
  const next = (most: number): Uint8Array => {
    const part = pending.subarray(0, most);
    pending = pending.subarray(part.length);
    taken += part.length;
    return part;
  };

  return {
    size: null, // what is announced may be the compressed length, and a browser does not always say so
    async take(count) {
      const end = taken + count;
      refuseBeyond(end);
      total = Math.max(total ?? 0, end);
      const bytes = new Uint8Array(count);
      for (let have = 0; have < count; ) {
        if (!(await more())) throw new FetchError(url, `it ended after ${taken} of ${end} bytes`, { passing: true });
        const part = next(count - have);
        bytes.set(part, have);
        have += part.length;
      }
      return bytes;
    },
    async rest(limit) {
      const parts: Uint8Array[] = [];
      let have = 0;
      while (await more()) {
        have += pending.length;
        if (have > limit)
          throw new FetchError(url, limit === 0 ? "bytes came after its end" : `it has more than ${showBytes(limit)}`);
        parts.push(next(pending.length));
      }
      const bytes = new Uint8Array(have);
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
  };
}

/** What a failed `fetch` or a broken stream says. */
function reasonOf(error: Error): string {
  const cause = (error.cause ?? error) as Error & { code?: string; errors?: Error[] };
  const text = cause.errors?.[0]?.message || cause.message || cause.code || cause.name || String(cause);
  // A browser hides the cause, which is most often that the server does not allow other sites
  const hint = typeof window === "undefined" ? "" : " (is it there, and may this page read it: CORS?)";
  return `${text.replace(/\.$/, "")}${hint}`;
}
