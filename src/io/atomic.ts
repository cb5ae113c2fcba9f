import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { access, constants, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that its name always holds either the old content or all of the new: a temporary name in the same
 * folder, fsync, rename. Missing folders are made. On any failure (also of the iterable that supplies the content) the
 * temporary file is removed and the old one is untouched. `sync: false`, for one of many files, leaves it to the system
 * when it reaches the disk.
 */
export async function writeFileAtomic(
  path: string,
  content: FileContent,
  { sync = true }: { sync?: boolean } = {},
): Promise<void> {
  const target = resolve(path);
  const folder = dirname(target);
  const failed = (error: Error): never => {
    throw new Error(`Could not write ${path}: ${error.message}`, { cause: error });
  };
  await makeFolder(folder).catch(failed);
  const temporary = temporaryBeside(target);
  try {
    const file = await open(temporary, "wx");
    try {
      const chunks = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
      for await (const chunk of chunks) await file.writeFile(chunk);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    failed(error as Error);
  }
  if (sync) await syncFolder(folder);
}

/** A hidden name of nothing yet beside a path, for what gets its own name when it is whole. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);

/** Throws, as `writeFileAtomic` would, where a file cannot be written; its folder is made. To be asked before long work. */
export async function requireWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new Error(`Could not write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Makes a folder and those above it. Node's own recursive way never returns where the system makes none (/proc). */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") {
      // Windows and read-only systems refuse before they look whether it is there.
      if (
        await stat(folder).then(
          (found) => found.isDirectory(),
          () => false,
        )
      )
        return;
      if (code === "EEXIST" || code === "ENOTDIR")
        throw Object.assign(
          new Error(`${path} cannot be a folder: a file stands there, or above it`, { cause: error }),
          { code },
        );
      throw error;
    }
    if (existsSync(dirname(folder))) throw error;
    await makeFolder(dirname(folder));
    await makeFolder(folder);
  }
}

/** Makes a rename durable. Some systems cannot open a folder; there the rename itself has to do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
