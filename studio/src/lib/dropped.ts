import { draws, type ModelConfig } from "fewstep/browser";
import type { ModelEntry } from "./models.svelte.js";

/** All files that were dropped, those of folders too. */
export async function droppedFiles(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.length === 0) return [...data.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
    return [named(file, entry.fullPath.slice(1))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const all: File[] = [];
  // A reader gives a hundred at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
    if (some.length === 0) return all;
    for (const one of some) all.push(...(await filesOf(one)));
  }
}

/** A file that knows its path in what was dropped, as those of a chosen folder do. */
function named(file: File, path: string): File {
  Object.defineProperty(file, "webkitRelativePath", { value: path });
  return file;
}

/** A model of the two files that one is made of. @throws where one is missing, or is no description */
export async function modelOfFiles(files: readonly File[]): Promise<ModelEntry> {
  const config = files.find(({ name }) => name === "config.json");
  const weights = files.find(({ name }) => name.endsWith(".safetensors"));
  if (!config || !weights)
    throw new Error(
      `A model is a config.json and a model.safetensors; ${config ? "the weights are" : weights ? "the config.json is" : "both are"} missing among ${files.length} file${files.length === 1 ? "" : "s"}.`,
    );
  let described: Record<string, any>;
  try {
    described = JSON.parse(await config.text());
  } catch (error) {
    throw new Error(`config.json is no JSON (${(error as Error).message}); take it from the model's folder.`);
  }
  const { name, method, classNames = null, image = null } = described ?? {};
  if (typeof name !== "string" || typeof method !== "string")
    throw new Error("This config.json describes no model: it has no name and method.");
  return {
    name: `${name} (yours)`,
    method,
    kind: draws(described as ModelConfig),
    classNames,
    image,
    bytes: weights.size,
    files: { "config.json": config, "model.safetensors": weights },
  };
}
