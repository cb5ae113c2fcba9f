import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { HttpError } from "../errors.js";
import type { DiagnosesList } from "./api.js";
import { fileOf, folderOf, isPlain } from "./names.js";

/** What a report's page is made of: beside the folder's own files those of its rounds. */
const OWN = ["improve.json", "diagnosis.json"];
const OF_ROUND = ["diagnosis.json", "diagnosis.html"];
/** Larger files are left out. */
const LARGEST = 64e6;

/** `/api/diagnoses…`: what `fewstep diagnose` and `fewstep improve` have written into the folder of runs, to be read only. */
export function diagnosisRoutes(app: FastifyInstance, root: string): void {
  app.get("/api/diagnoses", async (): Promise<DiagnosesList> => {
    const entries = await readdir(root, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && isPlain(entry.name)).map(({ name }) => name);
    const found = await Promise.all(folders.map((name) => changeOf(root, name)));
    return found
      .flatMap((changed, i) => (changed === null ? [] : [{ name: folders[i], changed: changed.toISOString() }]))
      .sort((a, b) => b.changed.localeCompare(a.changed));
  });
  app.get<{ Params: { name: string } }>("/api/diagnoses/:name", async ({ params: { name } }) => {
    const folder = await folderOf(root, name);
    const files = folder ? await filesOf(folder) : [];
    if (files.length === 0) throw new HttpError(404, `There is no diagnosis and no improvement in "${name}".`);
    return files;
  });
}

/** When the report of a folder was written; null where it has none. */
async function changeOf(root: string, name: string): Promise<Date | null> {
  const paths = await Promise.all(OWN.map((file) => fileOf(join(root, name), file)));
  const there = paths.find((path) => path !== null);
  return there ? (await stat(there)).mtime : null;
}

async function filesOf(folder: string): Promise<{ path: string; text: string }[]> {
  const rounds = (await readdir(folder)).filter((name) => /^round-\d+$/.test(name));
  const all = [...OWN.map((file) => [file]), ...rounds.flatMap((round) => OF_ROUND.map((file) => [round, file]))];
  const read = await Promise.all(
    all.map(async (parts) => {
      const path = await fileOf(folder, ...parts);
      if (path === null || (await stat(path)).size > LARGEST) return [];
      return [{ path: parts.join("/"), text: await readFile(path, "utf8") }];
    }),
  );
  return read.flat();
}
