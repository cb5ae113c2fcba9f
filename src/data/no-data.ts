import { open, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { reading } from "../io/reading.js";
import { WrongUse } from "../io/wrong-use.js";

/** Files that are taken for data by mistake: how they begin, and what to do. */
const mistaken: readonly { starts: readonly (readonly number[])[]; is: string; instead: string }[] = [
  {
    starts: [
      [0x50, 0x4b, 0x03, 0x04], // ZIP
      [0x1f, 0x8b], // gzip
      [0x42, 0x5a, 0x68], // bzip2
      [0xfd, 0x37, 0x7a, 0x58, 0x5a], // xz
      [0x28, 0xb5, 0x2f, 0xfd], // Zstandard
      [0x37, 0x7a, 0xbc, 0xaf], // 7z
      [0x52, 0x61, 0x72, 0x21], // RAR
    ],
    is: "an archive",
    instead: "unpack it, and give the folder (of pictures) or the file (of text) that comes out",
  },
  {
    starts: [
      [0x89, 0x50, 0x4e, 0x47], // PNG
      [0xff, 0xd8, 0xff], // JPEG
      [0x47, 0x49, 0x46, 0x38], // GIF
      [0x52, 0x49, 0x46, 0x46], // WebP
      [0x49, 0x49, 0x2a, 0x00], // TIFF
      [0x4d, 0x4d, 0x00, 0x2a],
    ],
    is: "a single picture",
    instead: "give the folder that it and others are in",
  },
];

/** Throws where data are asked for by nothing, or by an address: they are read from this machine. @throws WrongUse */
export function requirePlace(idOrPath: string): void {
  if (idOrPath.trim() === "")
    throw new WrongUse("Data are a data set's name or a path, got nothing (give . for this folder).");
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(idOrPath))
    throw new WrongUse(
      `"${idOrPath}" is an address, and data are read from this machine: fetch it, and give its path.`,
    );
}

/**
 * The folder that data of a kind are read from. `names` are the data sets that could have been meant, `what` is what
 * such data are called. @throws WrongUse where there is none
 */
export async function requireFolder(idOrPath: string, names: readonly string[], what: string): Promise<string> {
  requirePlace(idOrPath);
  const folder = resolve(idOrPath);
  const info = await stat(folder).catch(() => undefined);
  if (!info)
    throw new WrongUse(`"${idOrPath}" is neither a data set's name (${names.join(", ")}) nor a folder that exists.`);
  if (!info.isDirectory()) {
    await requireNoMistake(folder);
    throw new WrongUse(`${idOrPath} is a file; ${what} are read from a folder: give the one that they are in.`);
  }
  return folder;
}

/** Throws where a file is an archive or a picture, or cannot be read. @throws WrongUse for the former */
export async function requireNoMistake(path: string): Promise<void> {
  const start = await reading(path, async () => {
    const file = await open(path);
    try {
      return (await file.read(new Uint8Array(8), 0, 8, 0)).buffer;
    } finally {
      await file.close();
    }
  });
  const found = mistaken.find(({ starts }) => starts.some((bytes) => bytes.every((byte, i) => start[i] === byte)));
  if (found) throw new WrongUse(`${path} is ${found.is}; ${found.instead}.`);
}
