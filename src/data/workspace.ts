import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/**
 * Runs `use` with a folder inside `parent` for unfinished work that belongs to this call alone: two processes never
 * write into one file. What a call that failed or a process that was killed has left is taken over, so that downloads
 * go on where they stopped. After success nothing is left. The folder need not exist yet.
 */
export async function withWorkspace<T>(parent: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(parent, `${place}-${process.pid}-${await startOf(process.pid)}-${random()}`);
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

/** Who may be asked about a process: a machine, and on Linux its process namespace (a container has its own). */
const place = createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex").slice(0, 8);

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

const NAME = /^(?:idle|([0-9a-f]{8})-(\d+)-(\d*))-[0-9a-f]{8}$/;
const DAY = 24 * 3600 * 1000;

async function isAbandoned(parent: string, name: string): Promise<boolean> {
  const [matches, where, pid, start] = NAME.exec(name) ?? [];
  if (!matches) return false;
  if (where === undefined) return true;
  return where === place
    ? !(await isRunning(Number(pid), start))
    : Date.now() - (await newest(join(parent, name))) > DAY;
}

async function isRunning(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = await startOf(pid);
  return now === "" || now === start;
}

/** When a process started, in ticks, so that a number used again is noticed; "" where the system does not say. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return state === "Z" ? "ended" : (fields[18] ?? "");
}

/** When the folder or a file directly in it was last written, in ms. */
async function newest(folder: string): Promise<number> {
  const files = await readdir(folder).catch(() => []);
  const times = [folder, ...files.map((file) => join(folder, file))].map(
    async (path) => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0,
  );
  return Math.max(...(await Promise.all(times)));
}
