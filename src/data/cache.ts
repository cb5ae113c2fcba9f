import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type FileContent, writeFileAtomic } from "../io/atomic.js";
import type { ImageDataset } from "./dataset.js";
import type { Pinned } from "./sources/source.js";

/** The cache folder: `FEWSTEP_CACHE`, else `$XDG_CACHE_HOME/fewstep`, else `~/.cache/fewstep`. */
export function cacheFolder(): string {
  const { FEWSTEP_CACHE, XDG_CACHE_HOME } = process.env;
  return FEWSTEP_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "fewstep");
}

/** How data sets of one kind are checked and kept, as the folder `<cache>/<id>` with meta.json. */
export interface Shelf<Parts, Data, Pin extends Pinned<Parts>> {
  /** What about `parts` is not as `pin` says, if anything: "its content has SHA-256 … instead of …". */
  misfit(parts: Parts, pin: Pin): string | undefined;
  describe(parts: Parts, about: Pick<ImageDataset, "id" | "licence" | "attribution">): Data;
  /** Stores a data set; `workspace` is for files that are not complete yet. */
  write(cache: string, data: Data, workspace: string): Promise<void>;
  /** Reads a stored data set; undefined if there is none. Throws if anything of it is not what `pin` promises. */
  read(cache: string, id: string, pin: Pin): Promise<Data | undefined>;
}

export const isCached = (cache: string, id: string): boolean => existsSync(join(cache, id, "meta.json"));

/** What meta.json says of every kind of data. */
export const commonMeta = z.strictObject({
  format: z.literal(1),
  id: z.string(),
  licence: z.string(),
  attribution: z.string(),
  /** Of the content, in whatever way its kind is kept; the same from whatever source it came. */
  sha256: z.string(),
  /** Of all the other fields. Missing in caches of the first version. */
  digest: z.string().optional(),
});
export type CommonMeta = z.infer<typeof commonMeta>;

const digestOf = ({ digest: _, ...rest }: CommonMeta): string =>
  createHash("sha256")
    .update(JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest("hex");

/**
 * Puts files and meta.json into `<cache>/<id>`. Each is written whole elsewhere and then renamed, meta.json last: the
 * content is pinned, so that a reader, another writer or a kill in between meets the same bytes, old or new.
 */
export async function writeFiles(
  cache: string,
  meta: CommonMeta,
  files: Record<string, FileContent>,
  workspace: string,
): Promise<void> {
  const all = { ...files, "meta.json": `${JSON.stringify({ ...meta, digest: digestOf(meta) }, null, 2)}\n` };
  const [folder, made] = [join(cache, meta.id), join(workspace, "cached")];
  for (const [name, content] of Object.entries(all)) await writeFileAtomic(join(made, name), content);
  await mkdir(folder, { recursive: true });
  for (const name of Object.keys(all)) await rename(join(made, name), join(folder, name));
}

/** Reads and checks the meta.json of a data set; undefined if it is not cached. */
export async function readMeta<Meta extends CommonMeta>(
  cache: string,
  id: string,
  schema: z.ZodType<Meta>,
  sha256: string,
): Promise<Meta | undefined> {
  if (!isCached(cache, id)) return undefined;
  const file = join(cache, id, "meta.json");
  const parsed = schema.safeParse(
    await readJson(file).catch((error: Error) => Promise.reject(damaged(file, error.message))),
  );
  if (!parsed.success) throw damaged(file, z.prettifyError(parsed.error));
  const meta = parsed.data;
  if (meta.digest !== undefined && meta.digest !== digestOf(meta))
    throw damaged(file, "its fields do not match their digest");
  if (meta.sha256 !== sha256)
    throw damaged(file, `it is of content with SHA-256 ${meta.sha256}; this version of fewstep needs ${sha256}`);
  return meta;
}

const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(file, "utf8"));

/** Compares the SHA-256 of what is there with what should be. */
export const otherContent = (actual: string, expected: string): string | undefined =>
  actual === expected ? undefined : `its content has SHA-256 ${actual} instead of ${expected}`;

/** The error for something in the cache that is not what was stored. */
export const damaged = (path: string, what: string): Error =>
  new Error(
    `The cached ${path} is damaged: ${what}. Get the data set again by force: "fewstep data get <id> --force", or the option force.`,
  );
