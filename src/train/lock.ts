import { randomBytes } from "node:crypto";
import { constants, copyFile, link, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { fate, ownIdentity, type ProcessIdentity, processIdentity } from "../io/process.js";
import { RunError } from "./folder.js";

/** What the file `lock` in a run's folder holds. */
const lockSchema = processIdentity.extend({
  /** Of this taking of the lock. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  since: z.string(),
});
type Lock = z.infer<typeof lockSchema>;

/** The process that trains in a folder. */
export interface Trainer extends ProcessIdentity {
  /** False where it belongs to another machine or container, so that nobody here can say whether it still runs. */
  known: boolean;
}

/** Who has the lock of a run's folder; null where nobody has, or whoever had it is gone. */
export async function lockHolder(out: string): Promise<Trainer | null> {
  const found = await read(join(out, "lock"));
  const state = found ? await fate(found) : "gone";
  return found && state !== "gone" ? { ...found, known: state === "runs" } : null;
}

/**
 * Takes the lock of a run's folder, so that one process at a time trains there; the lock of a process that is gone is
 * taken over. Returns what releases it. Throws `RunError`, naming the process and what it `does` there, where another
 * one has it.
 */
export async function lockFolder(out: string, does = "trains"): Promise<() => Promise<void>> {
  const path = join(out, "lock");
  const own: Lock = { id: randomBytes(8).toString("hex"), ...(await ownIdentity()), since: new Date().toISOString() };
  const holder = await take(path, own);
  if (holder) throw new RunError(refusal(out, does, holder));
  for (const name of await readdir(out))
    if (/^lock\.[0-9a-f.]+$/.test(name)) await rm(join(out, name), { force: true });
  return async () => {
    if ((await read(path).catch(() => null))?.id === own.id) await rm(path, { force: true });
  };
}

interface Holder extends Lock {
  path: string;
  known: boolean;
}

function refusal(out: string, does: string, { pid, host, since, known, path }: Holder): string {
  const who = pid === process.pid && known ? `This process (${pid})` : `The process ${pid} on ${host}`;
  if (known) return `${who} ${does} in ${out}, since ${since}. Wait for it or stop it, or choose another folder.`;
  return (
    `${who} ${does} in ${out}, since ${since}; whether it still runs cannot be seen from this machine or container. ` +
    `Stop it there; if it has ended without saying so, delete ${path} and start again.`
  );
}

/**
 * Takes the lock at `path`; returns who has it where that cannot be. Two that find the same dead holder may both want
 * to replace it: the right to do so is a lock itself, named after that holder, under which the holder is read again. It
 * comes into being once, so that it can never be taken for a later one.
 */
async function take(path: string, own: Lock): Promise<Holder | null> {
  for (;;) {
    if (await create(path, own)) return null;
    const found = await read(path);
    if (!found) continue; // released in between
    const state = await fate(found);
    if (state !== "gone") return { ...found, path, known: state === "runs" };
    const succession = `${path}.${found.id}`;
    const rival = await take(succession, own);
    if (rival) return rival;
    try {
      if ((await read(path))?.id !== found.id) continue;
      await staged(path, own, (temporary) => rename(temporary, path));
      return null;
    } finally {
      await rm(succession, { force: true });
    }
  }
}

/** Makes the lock in one step, content and all; false where there is one. */
async function create(path: string, own: Lock): Promise<boolean> {
  const exists = ({ code }: NodeJS.ErrnoException) => code === "EEXIST";
  return await staged(path, own, async (temporary) => {
    try {
      await link(temporary, path);
    } catch (error) {
      if (exists(error as Error)) return false;
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false; // the holder has tidied up
      try {
        await copyFile(temporary, path, constants.COPYFILE_EXCL); // file systems without links
      } catch (error) {
        if (exists(error as Error)) return false;
        throw error;
      }
    }
    return true;
  });
}

/**
 * Lets `publish` have a file with the lock's content; where it still has its temporary name afterwards, it is removed.
 */
async function staged<T>(path: string, own: Lock, publish: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = join(path, `../.lock.${process.pid}-${randomBytes(4).toString("hex")}.tmp`);
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(`${JSON.stringify(own)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    return await publish(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** The lock at `path`, null where there is none. One that is being copied is waited for. */
async function read(path: string): Promise<Lock | null> {
  for (let attempt = 0; ; attempt++) {
    try {
      return lockSchema.parse(JSON.parse(await readFile(path, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      if (attempt === 50)
        throw new RunError(
          `${path} cannot be understood. If no process trains in this folder, delete it and start again.`,
          { cause: error },
        );
      await setTimeout(20);
    }
  }
}
