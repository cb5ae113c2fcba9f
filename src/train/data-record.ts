import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DataReport } from "../data/report.js";
import { RunError } from "./folder.js";

/** Where a run keeps what it read. */
export const DATA_FILE = "data.json";

/** What the run in `out` read when it began; null where it kept nothing. */
export async function readDataRecord(out: string): Promise<DataReport | null> {
  const text = await readFile(join(out, DATA_FILE), "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const { files, sha256, classes, ...rest } = JSON.parse(text);
    if (typeof sha256 === "string" && typeof files === "object" && files !== null)
      return { files, sha256, classes, ...rest };
  } catch {
    // said below
  }
  throw new RunError(`${join(out, DATA_FILE)} does not say what the run read. Restore the file.`);
}

/** Throws `RunError` where the run in `out` began with other data, and says what differs. */
export async function requireSameData(out: string, now: DataReport): Promise<void> {
  if (!existsSync(join(out, "config.json"))) return; // whoever resumes hears of that first
  const before = await readDataRecord(out);
  if (before === null && now.path === null) return;
  if (before === null)
    throw new RunError(
      `The run in ${out} kept no record of its data, so that nobody can tell whether ${now.path} is still the same. It was ` +
        "begun by an earlier version; start another run.",
    );
  if (before.sha256 === now.sha256) return;
  throw new RunError(
    `The data are not what the run in ${out} began with: ${dataDifferences(before, now)}. Put them back as they were, say ` +
      "where they are now (--data), or start another run.",
  );
}

/** What differs between two readings of data: classes, and files that are changed, new, gone or called otherwise. */
export function dataDifferences(before: DataReport, now: DataReport): string {
  const names = ({ classes }: DataReport) => classes?.map(({ name }) => name).join(", ") ?? "none";
  const [old, found] = [new Map(Object.entries(before.files)), new Map(Object.entries(now.files))];
  const gone = [...old.keys()].filter((path) => !found.has(path));
  const fresh = [...found.keys()].filter((path) => !old.has(path));
  const lost = new Map(gone.map((path) => [old.get(path), path]));
  const moved = fresh.filter((path) => lost.has(found.get(path)));
  const from = new Set(moved.map((path) => lost.get(found.get(path))));
  const list = (paths: string[], what: string) =>
    paths.length === 0
      ? []
      : [`${paths.length} ${what} (${paths.slice(0, 3).join(", ")}${paths.length > 3 ? ", …" : ""})`];
  return [
    ...(names(before) === names(now) ? [] : [`the classes were ${names(before)} and are ${names(now)}`]),
    ...list(
      [...old.keys()].filter((path) => found.has(path) && found.get(path) !== old.get(path)),
      "changed",
    ),
    ...list(
      fresh.filter((path) => !moved.includes(path)),
      "new",
    ),
    ...list(
      gone.filter((path) => !from.has(path)),
      "gone",
    ),
    ...list(
      moved.map((path) => `${lost.get(found.get(path))} → ${path}`),
      "called otherwise",
    ),
  ].join("; ");
}
