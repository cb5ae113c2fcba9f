import type { Progress } from "../data/progress.js";
import { blobReader } from "../io/blob-reader.js";
import type { ByteReader } from "../io/byte-reader.js";
import { fetching, showUrl } from "../io/fetch.js";
import { fileUrl, type ModelPlace } from "../models/location.js";
import { anySignal } from "./abort.js";

/** The browser's cache that model files are kept in. */
const CACHE = "fewstep-models";

/** Headers that tell one version of a file from another. */
const MARKS = ["etag", "last-modified"];

/** Removes all model files that are kept in this browser for this site. */
export async function clearCache(): Promise<void> {
  if (typeof caches !== "undefined") await caches.delete(CACHE);
}

/** Milliseconds in which a server says whether a file has changed; one that does not counts as not reached. */
const PATIENCE = 10_000;
/** Answers of a server that is out of order at the moment. */
const OUT_OF_ORDER = [500, 502, 503, 504];

interface Options {
  signal?: AbortSignal;
  onProgress?: Progress;
}

/**
 * A model's folder whose files are kept in the browser: a kept file is used where the server says that it has not
 * changed, and where no server is reached. What is fetched is kept when `keep` is called, so that it is whole and the
 * files belong together. Null where there is no cache, as on an insecure page.
 */
export async function cachedPlace(
  folder: string,
  options: Options,
): Promise<{ place: ModelPlace; keep(): Promise<void> } | null> {
  if (typeof caches === "undefined" || !/^https?:$/.test(fileUrl(folder, "").protocol)) return null;
  const cache = await caches.open(CACHE).catch(() => null);
  if (!cache) return null;
  const fresh = new Map<string, Response>();
  return {
    place: {
      location: folder,
      show: (file) => showUrl(fileUrl(folder, file)),
      async reading(file, use) {
        const url = fileUrl(folder, file);
        const kept = await cache.match(url, { ignoreVary: true });
        if (kept && (await isCurrent(url, kept, options.signal)))
          return use(blobReader(await kept.blob(), showUrl(url)));
        const headers = new Headers();
        let parts: Uint8Array<ArrayBuffer>[] = [];
        const onHeaders = (given: Headers) => {
          for (const name of ["content-type", ...MARKS]) {
            const value = given.get(name);
            if (value !== null) headers.set(name, value);
          }
        };
        const value = await fetching(
          url,
          (reader) => {
            parts = [];
            return use(recorded(reader, parts));
          },
          { ...options, onHeaders },
        );
        fresh.set(url.href, new Response(new Blob(parts), { headers }));
        return value;
      },
    },
    async keep() {
      try {
        for (const [url, response] of fresh) await cache.put(url, response);
      } catch (error) {
        for (const url of fresh.keys()) await cache.delete(url);
        console.info(`fewstep could not keep ${folder} for the next visit: ${(error as Error).message}`);
      }
    },
  };
}

/** A reader that keeps what it reads. */
const recorded = (reader: ByteReader, parts: Uint8Array<ArrayBuffer>[]): ByteReader => {
  const kept = (bytes: Uint8Array<ArrayBuffer>) => {
    parts.push(bytes);
    return bytes;
  };
  return {
    size: reader.size,
    take: async (count) => kept(await reader.take(count)),
    rest: async (limit) => kept(await reader.rest(limit)),
  };
};

/** Whether a kept file is still the server's; also where no server answers. */
async function isCurrent(url: URL, kept: Response, signal?: AbortSignal): Promise<boolean> {
  const known = MARKS.filter((name) => kept.headers.has(name));
  let answer: Response;
  try {
    const timely = anySignal(signal, AbortSignal.timeout(PATIENCE));
    answer = await fetch(url, { method: "HEAD", cache: "no-cache", signal: timely });
  } catch {
    signal?.throwIfAborted();
    return true;
  }
  if (OUT_OF_ORDER.includes(answer.status)) return true;
  const shared = known.filter((name) => answer.headers.has(name));
  return answer.ok && shared.length > 0 && shared.every((name) => answer.headers.get(name) === kept.headers.get(name));
}
