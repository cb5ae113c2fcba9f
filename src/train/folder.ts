import { existsSync, statSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../io/index.js";
import { RunError } from "./run-error.js";

export { RunError } from "./run-error.js";

/** A run that has to be asked for otherwise: there is none in the folder, or another, or it cannot do that any more. */
export class WrongRun extends RunError {
  readonly wrongUse = true;
}

/** JSON by file name. */
type Beside = Readonly<Record<string, unknown>>;

/** Throws `WrongRun` where a run cannot begin in `out`, because there is one, or `out` is a file. */
export function requireNewFolder(out: string): void {
  const found = ["config.json", "metrics.jsonl", "checkpoints"].filter((name) => existsSync(join(out, name)));
  if (found.length > 0)
    throw new WrongRun(`${out} already holds a run (${found.join(", ")}). Resume it, or choose another folder.`);
  if (existsSync(out) && statSync(out).isFile())
    throw new WrongRun(`${out} is a file, and a run goes into a folder; choose another name.`);
}

/** Begins a run in `out` by writing its config.json and what stands beside it. @throws WrongRun where it cannot */
export async function beginFolder(out: string, config: unknown, beside?: Beside): Promise<void> {
  requireNewFolder(out);
  await writing(out, () => writeConfig(out, config, beside));
}

/**
 * What is to be known about the settings of a run that goes on with `config` from a checkpoint of the configuration
 * `before`. A setting that only config.json has in another way was changed behind the run's back: that throws
 * `RunError`, except for those at the top level that are in `free`. So does one that is asked for when all training is
 * `over`: the model would be said to be trained with it.
 */
export function compareConfigs(
  out: string,
  {
    before,
    file,
    config,
    free,
    over = false,
  }: { before: unknown; file: unknown; config: unknown; free: readonly string[]; over?: boolean },
): string[] {
  const given = JSON.parse(toText(config));
  const asked = differences(file, given);
  const changed = before === undefined ? [] : differences(before, given);
  const silent = changed.filter(({ path }) => !asked.some((one) => one.path === path));
  const list = (all: Difference[]) => all.map(({ path, text }) => `${path} (${text})`).join(", ");
  const refused = silent.filter(({ path }) => !free.includes(path));
  if (refused.length > 0)
    throw new RunError(
      `The run in ${out} was trained with other settings than its config.json has now: ${list(refused)}. Put back what it was ` +
        "trained with; settings that are to change all the same are given when resuming (on the command line with --set).",
    );
  const late = over ? asked.filter(({ path }) => !free.includes(path)) : [];
  if (late.length > 0)
    throw new WrongRun(
      `The run in ${out} is finished, so that another setting would have no effect: ${list(late)}. Leave it out, or ` +
        "train into another folder.",
    );
  return [
    ...(asked.length > 0 ? [`${out} was trained with another configuration so far: ${list(asked)}.`] : []),
    ...(silent.length > 0 ? [`The config.json of ${out} was changed since: ${list(silent)}.`] : []),
  ];
}

const toText = (config: unknown) => `${JSON.stringify(config ?? null, null, 2)}\n`;

/** config.json is written last: a run that has one has all. */
export async function writeConfig(out: string, config: unknown, beside: Beside = {}): Promise<void> {
  for (const [name, value] of Object.entries(beside)) await writeFileAtomic(join(out, name), toText(value));
  await writeFileAtomic(join(out, "config.json"), toText(config));
}

/** The configuration of the run in `out`. */
export async function readConfig(out: string): Promise<unknown> {
  const path = join(out, "config.json");
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw new WrongRun(`There is no run in ${out}: its config.json cannot be read (${error.message}).`, {
      cause: error,
    });
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunError(`${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
}

interface Difference {
  path: string;
  text: string;
}

/** Where two JSON values differ, with both values. */
function differences(a: unknown, b: unknown, path = ""): Difference[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (!isRecord(a) || !isRecord(b))
    return [{ path: path || "all of it", text: `${JSON.stringify(a)} → ${JSON.stringify(b)}` }];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differences(a[key], b[key], path ? `${path}.${key}` : key));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Removes the temporary files that a killed process left in the run's folders. */
export async function removeLeftovers(out: string): Promise<void> {
  for (const folder of [out, join(out, "checkpoints"), join(out, "samples")])
    for (const name of await readdir(folder).catch(() => []))
      if (/^\..+\.\d+-[0-9a-f]+\.tmp$/.test(name)) await rm(join(folder, name), { force: true });
}

const noSpace = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const notAllowed = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ENOENT"]);

/** Runs `write`; where the system refuses, the error says why and what to do. */
export async function writing<T>(out: string, write: () => T | Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { message } = error as Error;
    const code = systemCode(error);
    if (noSpace.has(code))
      throw new RunError(
        `The disk is full (${message}). Earlier checkpoints are unharmed: free some space and resume ${out}.`,
        { cause: error },
      );
    if (notAllowed.has(code))
      throw new RunError(
        `The run's folder ${out} cannot be written to (${message}). Check its permissions, or choose another.`,
        { cause: error },
      );
    throw error;
  }
}

/** The operating system's code of an error, or of what caused it. */
function systemCode(error: unknown): string {
  for (let e = error; e instanceof Error; e = e.cause) if ("code" in e) return String(e.code);
  return "";
}
