import { readdir, readFile, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { makeFolder, temporaryBeside, writeFileAtomic } from "../io/atomic.js";
import type { Part } from "./generator.js";

/** A model as a server of ONNX files is told of it. */
export interface TritonModel {
  /** Name of its folder, and what clients call it. */
  name: string;
  /** Noise and classes to `images`. */
  part: Part;
  /** Axes of a picture: channels, height, width. */
  image: readonly number[];
  /** Most samples of a batch. */
  maxBatch: number;
}

const TYPES = { float32: "TYPE_FP32", int32: "TYPE_INT32" };
/** How long a request waits for others, µs: as long as in `fewstep serve`. */
const DELAY = 2000;

/** The model's config.pbtxt: protobuf's text format of Triton's `ModelConfig`. */
export function tritonConfig({ name, part, image, maxBatch }: TritonModel): string {
  const tensor = (one: string, type: string, axes: readonly number[]) => [
    "  {",
    `    name: "${one}"`,
    `    data_type: ${type}`,
    // A tensor of the batch's axis alone is [batch, 1] to clients
    ...(axes.length > 0 ? [`    dims: [ ${axes.join(", ")} ]`] : ["    dims: [ 1 ]", "    reshape { shape: [ ] }"]),
    "  }",
  ];
  const inputs = part.inputs.map((input) => tensor(input.name, TYPES[input.dtype], input.axes).join("\n"));
  return [
    `name: "${name}"`,
    'backend: "onnxruntime"',
    `max_batch_size: ${maxBatch}`,
    "input [",
    inputs.join(",\n"),
    "]",
    "output [",
    ...tensor("images", TYPES.float32, image),
    "]",
    `dynamic_batching { max_queue_delay_microseconds: ${DELAY} }`,
    "",
  ].join("\n");
}

/** Names that are a folder's everywhere, and need no escaping. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/**
 * Writes a model into a repository of Triton's layout, `<repository>/<name>/config.pbtxt` and
 * `<repository>/<name>/<version>/model.onnx`. What is there stays: the version is one above the highest. A folder
 * appears under its name when it is whole; where that fails, what was begun is removed.
 * @returns the version, its file and the file's size in bytes.
 * @throws where the name cannot be a folder's, the repository cannot be written, or the model that has the name there
 * takes or gives something else.
 */
export async function writeTritonModel(repository: string, model: TritonModel) {
  const { name, part } = model;
  if (!NAME.test(name))
    throw new Error(
      `A repository's models are called by letters, digits, ".", "_" and "-", not ${JSON.stringify(name)}; ` +
        `change "name" in the model's config.json.`,
    );
  const folder = join(resolve(repository), name);
  const config = tritonConfig(model);
  const bytes = part.toOnnx();
  const there = await versionsIn(folder);
  if (there) await requireSameConfig(join(folder, "config.pbtxt"), config, name);
  const version = there ? Math.max(0, ...there) + 1 : 1;
  const target = there ? join(folder, String(version)) : folder;
  const parent = there ? folder : resolve(repository);
  await makeFolder(parent).catch((error: Error) => {
    throw new Error(`Could not write ${repository}: ${error.message}`, { cause: error });
  });
  const begun = temporaryBeside(target);
  try {
    await writeFileAtomic(join(begun, there ? "model.onnx" : join("1", "model.onnx")), bytes);
    if (!there) await writeFileAtomic(join(begun, "config.pbtxt"), config);
    await rename(begun, target);
  } catch (error) {
    await rm(begun, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOTEMPTY" || code === "EEXIST")
      throw new Error(`${target} was made by another program meanwhile; export again.`, { cause: error });
    throw error;
  }
  return { version, bytes: bytes.length, path: join(folder, String(version), "model.onnx") };
}

/** Numbers of the versions in a model's folder; undefined where there is none. */
async function versionsIn(folder: string): Promise<number[] | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new Error(`Could not read ${folder}: ${error.message}`, { cause: error });
  });
  return names?.filter((one) => /^[1-9]\d*$/.test(one)).map(Number);
}

/** One config.pbtxt is for all versions. */
async function requireSameConfig(path: string, config: string, name: string): Promise<void> {
  const found = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${name} is in the repository without a config.pbtxt (${error.code}); remove its folder.`);
  });
  if (found !== config)
    throw new Error(
      `${path} differs from what this model needs, and is for all versions of ${name}: ` +
        "export into another repository, or remove it there.",
    );
}
