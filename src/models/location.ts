import { blobReader } from "../io/blob-reader.js";
import type { ByteReader } from "../io/byte-reader.js";
import { type FetchOptions, fetching, showUrl } from "../io/fetch.js";
import { shellWord } from "../io/show.js";
import { WrongUse } from "../io/wrong-use.js";
import { inNode } from "../runtime/environment.js";

/**
 * A place that holds no model, or one of another kind than is asked for: to be told apart from a model that is damaged.
 */
export class NoSuchModel extends WrongUse {
  override name = "NoSuchModel";
}

/** Where a run keeps its model as it is at the newest checkpoint, until it is finished. */
export const SNAPSHOT = "snapshot";

/** Where a model's files are. */
export interface ModelPlace {
  /** How errors call the model. */
  readonly location: string;
  /** How errors call one of its files. */
  show(file: string): string;
  /** Hands a reader of one of its files to `use`. */
  reading<T>(file: string, use: (reader: ByteReader) => Promise<T>): Promise<T>;
}

/** The files of a model in memory, or as somebody has dropped them on a page. */
export type ModelBlobs = Readonly<Record<"config.json" | "model.safetensors", Blob>>;

/** Where a model is loaded from: its shipped name, folder or URL, its files, or any other place. */
export type ModelSource = string | ModelBlobs | ModelPlace;

const isBlobs = (source: unknown): source is ModelBlobs =>
  typeof source === "object" &&
  source !== null &&
  ["config.json", "model.safetensors"].every((file) => (source as Record<string, unknown>)[file] instanceof Blob);
/** Whether a source is any other place. */
export const isPlace = (source: unknown): source is ModelPlace =>
  typeof (source as ModelPlace | null)?.reading === "function";

/** Whether something can be a source; a name is one that is not empty. */
export const isSource = (source: unknown): source is ModelSource =>
  typeof source === "string" ? source !== "" : isPlace(source) || isBlobs(source);

/** How errors call a source. */
export const sourceName = (source: ModelSource): string =>
  typeof source === "string" ? source : isPlace(source) ? source.location : "The model";

/** Whether a location is a URL; in a browser every one is. */
export const isUrl = (location: string): boolean => !inNode || /^https?:/i.test(location);

/** The last part of a location, to name files after. */
export function locationName(location: string): string {
  const path = isUrl(location) ? new URL(location, globalThis.location?.href).pathname : location;
  return (
    path
      .split(/[\\/]/)
      .filter((part) => part !== "" && part !== "." && part !== "..")
      .at(-1) ?? "model"
  );
}

/** Finds a model. Throws `NoSuchModel` where a name or path leads to none. */
export const modelPlace = async (
  location: ModelSource,
  { checkpoint = false, ...options }: FetchOptions & { checkpoint?: boolean } = {},
): Promise<ModelPlace> => {
  if (typeof location !== "string") {
    if (checkpoint) throw new NoSuchModel(`${sourceName(location)} is no run; leave out the checkpoint.`);
    return isPlace(location) ? location : blobPlace(location);
  }
  if (!isUrl(location)) return localPlace(location, checkpoint);
  if (checkpoint) throw new NoSuchModel(`${location} is no run on this machine; leave out the checkpoint.`);
  return remotePlace(location, options);
};

const blobPlace = (files: ModelBlobs): ModelPlace => ({
  location: "The model",
  show: (file) => (files[file as keyof ModelBlobs] as Partial<File>).name ?? file,
  reading: (file, use) => use(blobReader(files[file as keyof ModelBlobs], file)),
});

/** Address of one of the files of a model's folder. @throws NoSuchModel where the folder's is none */
export function fileUrl(folder: string, file: string): URL {
  try {
    const url = new URL(folder, globalThis.location?.href);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/${file}`;
    url.hash = "";
    return url;
  } catch {
    throw new NoSuchModel(`"${folder}" is no address; a model's begins with https:// and a server's name.`);
  }
}

/** A folder's URL may carry a query (a key, say), which every file of it is then asked for with. */
function remotePlace(location: string, options: FetchOptions): ModelPlace {
  fileUrl(location, "");
  return {
    location,
    show: (file) => showUrl(fileUrl(location, file)),
    reading: (file, use) => fetching(fileUrl(location, file), use, options),
  };
}

/** The folder of models that are known by name; null where their package is not installed. Node only. */
export const shippedModelsFolder = async (): Promise<string | null> =>
  (await import("./shipped.js")).shippedModelsFolder();

async function localPlace(location: string, checkpoint: boolean): Promise<ModelPlace> {
  const { existsSync, readdirSync } = await import("node:fs");
  const { join, resolve } = await import("node:path");
  const { readingFile } = await import("../io/file-reader.js");
  const { INSTALL_MODELS, shippedModelsFolder } = await import("./shipped.js");
  const shipped = shippedModelsFolder();
  const isModel = (f: string) => existsSync(join(f, "config.json")) && existsSync(join(f, "model.safetensors"));
  // A run's folder keeps its model in `model/`.
  const folder = checkpoint
    ? [resolve(location, SNAPSHOT)].find(isModel)
    : [resolve(location), resolve(location, "model"), ...(shipped ? [join(shipped, location)] : [])].find(isModel);
  if (!folder && existsSync(join(location, "checkpoints")) && !isModel(join(location, "model")))
    throw new NoSuchModel(await unfinished(location));
  if (!folder && checkpoint)
    throw new NoSuchModel(`${location} is no run that was stopped; leave out the checkpoint to load a finished model.`);
  if (!folder) {
    const names = shipped
      ? readdirSync(shipped, { withFileTypes: true })
          .filter((d) => d.isDirectory())
          .map((d) => d.name)
          .join(", ")
      : `they are a package of their own: ${INSTALL_MODELS}`;
    throw new NoSuchModel(
      `There is no model "${location}": neither a folder with config.json and model.safetensors nor a shipped one (${names}).`,
    );
  }
  return {
    location,
    show: (file) => join(folder, file),
    reading: (file, use) => readingFile(join(folder, file), use),
  };
}

/** What is said of a run that has no model yet: where it stands, and what can be done. */
async function unfinished(location: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  const { join } = await import("node:path");
  const read = async (file: string) => JSON.parse(await readFile(join(location, file), "utf8").catch(() => "null"));
  const [run, model] = await Promise.all([read("config.json"), read(join(SNAPSHOT, "config.json"))]);
  const stands = model ? `: it stands at step ${model.training?.steps}, in the stage "${model.training?.stage}"` : "";
  const resume = `fewstep train ${shellWord(String(run?.method))} --resume ${shellWord(location)}`;
  const asItIs = model ? " To take it as it is, add --checkpoint (in JavaScript: checkpoint: true)." : "";
  return `${location} is a run that has not finished${stands}. Go on with: ${resume}.${asItIs}`;
}
