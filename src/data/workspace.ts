import { createHash, randomBytes } from "node:crypto";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { gone, ownIdentity, startOf } from "../io/process.js";

/**
 * Runs `use` with a folder inside `parent` for unfinished work that belongs to this call alone: two processes never
 * write into one file. What a call that failed or a process that was killed has left is taken over, so that downloads
 * go on where they stopped. After success nothing is left. The folder need not exist yet.
 */
export async function withWorkspace<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const { pid, started } = await ownIdentity();
  const folder = join(parent, `${await place()}-${pid}-${word(started ?? "")}-${random()}`);
  await takeOver(parent, folder);
  let result: T;
  try {
    result = await use(folder);
  } catch (error) {
    await rename(folder, join(parent, `idle-${random()}`)).catch(() => {});
    throw error;
  }
  await removeAll(parent, folder).catch(() => {}); // what cannot be removed now is abandoned, and the next one's
  return result;
}

const random = () => randomBytes(4).toString("hex");

/** Renames some abandoned folder to `folder`: of several processes that try, one wins. False if there is none. */
async function takeOver(parent: string, folder: string): Promise<boolean> {
  for (const name of await readdir(parent).catch(() => []))
    if (await isAbandoned(parent, name)) {
      const won = await rename(join(parent, name), folder).then(
        () => true,
        () => false,
      );
      if (won) return true;
    }
  return false;
}

async function removeAll(parent: string, folder: string): Promise<void> {
  do await rm(folder, { recursive: true, force: true });
  while (await takeOver(parent, folder));
}

const word = (started: string) => started.replace(/\W+/g, "_");

/** Where the pid of a folder's name can be looked up: a machine, and the namespace of its pids. */
async function place(): Promise<string> {
  const { host, space } = await ownIdentity();
  return createHash("sha256").update(`${host} ${space}`).digest("hex").slice(0, 8);
}

const NAME = /^(?:idle|([0-9a-f]{8})-(\d+)-(\w*))-[0-9a-f]{8}$/;
const DAY = 24 * 3600 * 1000;

async function isAbandoned(parent: string, name: string): Promise<boolean> {
  const [matches, where, pid, start] = NAME.exec(name) ?? [];
  if (!matches) return false;
  if (where === undefined) return true;
  return where === (await place())
    ? !(await isRunning(Number(pid), start))
    : Date.now() - (await newest(join(parent, name))) > DAY;
}

/** Whether the process with that number is still the one that started then; so where it cannot be told. */
async function isRunning(pid: number, start: string): Promise<boolean> {
  const now = await startOf(pid);
  return now !== gone && (now === null || start === "" || word(now) === start);
}

/** When the folder or a file directly in it was last written, in ms. */
async function newest(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  const times = [folder, ...files.map((file) => join(folder, file))].map(
    async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0,
  );
  return Math.max(...(await Promise.all(times)));
}
