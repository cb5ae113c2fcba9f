import { existsSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type Importable, importable, importers } from "../methods/importers.js";
import { writeModel } from "../models/files.js";
import { printJson, say, UsageError } from "./output.js";
import { publishedFolder } from "./published.js";

export interface ImportCommand {
  /** Folder with another project's files. */
  from: string;
  out: string;
  /** Default: the name of the folder `out`. */
  name?: string;
  json?: boolean;
}

/** Which project's weights are imported as which method's, for people. */
export const importList = importable.map((method) => `${method} (${importers[method].of})`).join(", ");

/** Writes the published weights of another project's model as a model folder. */
export async function importCommand(method: string, { from, out, name, json }: ImportCommand): Promise<void> {
  if (!Object.hasOwn(importers, method))
    throw new UsageError(`There is nothing to import for "${method}"; choose ${importList}.`);
  for (const [flag, value] of Object.entries({ from, out, name }))
    if (value?.trim() === "") throw new UsageError(`--${flag} is empty; give it a name.`);
  const folder = resolve(out);
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new UsageError(`${out} is a file, and a model goes into a folder; choose another name.`);
  const taken = ["config.json", "model.safetensors"].filter((file) => existsSync(join(folder, file)));
  if (taken.length > 0) throw new UsageError(`${out} already holds ${taken.join(" and ")}; choose another folder.`);
  const importer = await importers[method as Importable].load();
  const published = await publishedFolder(from);
  const { tensors, skipped } = await published.tensors(importer);
  const { described, weights, data, attribution, ...imported } = await importer.read(published, tensors);
  const licence = (await published.licence()) ?? importer.licence;
  const training = { data, licence, attribution, imported: true };
  const config = { format: 1 as const, method, name: name ?? basename(folder), ...described, training };
  await writeModel(folder, { config, weights }, { dtype: "float32" });
  const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
  const unused = [...imported.unused, ...skipped];
  if (json) return printJson({ model: config.name, parameters, unused, licence, ...imported.facts, out: folder });
  say(`${config.name}: ${(parameters / 1e6).toFixed(1)} million numbers, as float32 → ${folder}`);
  if (unused.length > 0)
    say(`Left out, since drawing does not need them: ${unused.length} tensors (${listed(unused)}).`);
  say(`By ${attribution}, of ${data}.`);
  say(`Licence: ${licence}${forbidsTrade(licence) ? " – not for commercial use" : ""}`);
  for (const sentence of imported.says(out)) say(sentence);
}

const listed = (names: readonly string[]): string => `${names.slice(0, 6).join(", ")}${names.length > 6 ? ", …" : ""}`;

/** Whether a licence by its name forbids commercial use. */
const forbidsTrade = (licence: string): boolean => /\bnc\b|non-?commercial/i.test(licence);
