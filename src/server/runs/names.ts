import { lstat, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { WrongUse } from "../../io/wrong-use.js";

/** What a run may be called: a folder's name on every system, and a part of an address. */
const NEW = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,79}$/u;
/** Names that Windows keeps for devices, and the address of the events. */
const TAKEN = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|^events$|[.]$/i;

/** @throws WrongUse where a new run cannot be called so */
export function requireName(name: string): void {
  if (NEW.test(name) && !TAKEN.test(name)) return;
  throw new WrongUse(
    `A run cannot be called ${JSON.stringify(name.slice(0, 100))}: take up to 80 letters, digits, ".", "-" and "_", ` +
      "beginning with a letter or digit.",
  );
}

/** Whether a folder below the runs' folder can hold a run: neither hidden nor a path. */
export const isPlain = (name: string): boolean => name !== "" && !name.startsWith(".") && !/[/\\\0]/.test(name);

/** A run's folder, null where there is none, or the name leads elsewhere through a link. */
export async function folderOf(root: string, name: string): Promise<string | null> {
  if (!isPlain(name)) return null;
  const path = join(root, name);
  const found = await lstat(path).catch(() => null);
  return found?.isDirectory() ? path : null;
}

/** A file of a run, null where there is none or a link leads out of the run's folder. */
export async function fileOf(folder: string, ...parts: string[]): Promise<string | null> {
  const path = join(folder, ...parts);
  const [own, real] = await Promise.all([realpath(folder), realpath(path)].map((one) => one.catch(() => null)));
  if (own === null || !real?.startsWith(own + sep)) return null;
  return (await lstat(real)).isFile() ? path : null;
}
