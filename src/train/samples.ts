import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { saveGrid } from "../io/index.js";
import type { SampleSheet } from "./stage.js";

/** A sample sheet of a run: `samples/00000500-<stage>.png`, or `.txt`. */
export interface SheetFile {
  path: string;
  stage: string;
  step: number;
}

const folderOf = (out: string) => join(out, "samples");

/** Writes a sheet; images of at most 32 pixels are shown twice as large. Returns its path. */
export async function saveSheet(out: string, step: number, stage: string, sheet: SampleSheet): Promise<string> {
  const path = join(folderOf(out), `${String(step).padStart(8, "0")}-${stage}.${"texts" in sheet ? "txt" : "png"}`);
  if ("texts" in sheet) await writeFileAtomic(path, `${sheet.texts.join("\n\n")}\n`);
  else await saveGrid(path, sheet.pixels, sheet.shape, { columns: sheet.columns, scale: sheet.shape[3] <= 32 ? 2 : 1 });
  return path;
}

/** The run's sheets in the order of their steps. */
export async function listSheets(out: string): Promise<SheetFile[]> {
  const names = await readdir(folderOf(out)).catch(() => []);
  return names
    .flatMap((name) => {
      const match = /^(\d{8,})-([\w-]+)\.(?:png|txt)$/.exec(name);
      return match ? [{ path: join(folderOf(out), name), step: Number(match[1]), stage: match[2] }] : [];
    })
    .sort((a, b) => a.step - b.step);
}

/** Removes a stage's sheets drawn after `step`. */
export async function dropSheets(out: string, stage: string, step: number): Promise<void> {
  for (const sheet of await listSheets(out))
    if (sheet.stage === stage && sheet.step > step) await rm(sheet.path, { force: true });
}
