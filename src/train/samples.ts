import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { saveGrid } from "../io/index.js";
import type { SampleSheet } from "./stage.js";

/** A sample sheet of a run: `samples/00000500-<stage>.png`. */
export interface SheetFile {
  path: string;
  stage: string;
  step: number;
}

const folderOf = (out: string) => join(out, "samples");

/** Writes a sheet; images of at most 32 pixels are shown twice as large. Returns its path. */
export async function saveSheet(
  out: string,
  step: number,
  stage: string,
  { pixels, shape, columns }: SampleSheet,
): Promise<string> {
  const path = join(folderOf(out), `${String(step).padStart(8, "0")}-${stage}.png`);
  await saveGrid(path, pixels, shape, { columns, scale: shape[3] <= 32 ? 2 : 1 });
  return path;
}

/** The run's sheets in the order of their steps. */
export async function listSheets(out: string): Promise<SheetFile[]> {
  const names = await readdir(folderOf(out)).catch(() => []);
  return names
    .flatMap((name) => {
      const match = /^(\d{8,})-([\w-]+)\.png$/.exec(name);
      return match ? [{ path: join(folderOf(out), name), step: Number(match[1]), stage: match[2] }] : [];
    })
    .sort((a, b) => a.step - b.step);
}

/** Removes the sheets drawn after `step`. */
export async function dropSheets(out: string, step: number): Promise<void> {
  for (const sheet of await listSheets(out)) if (sheet.step > step) await rm(sheet.path, { force: true });
}
