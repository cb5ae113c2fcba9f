import { resolve } from "node:path";
import { writeTritonModel } from "../models/triton.js";
import { openModel } from "./models.js";
import { printJson, say, UsageError } from "./output.js";

/** Most samples of a batch, where nobody says; as `fewstep serve` has it. */
const MOST = 64;

interface TritonCommand {
  /** Most samples of a batch. */
  batch?: number;
  checkpoint?: boolean;
  json?: boolean;
  /** What is for other exports, and refused. */
  out?: string;
  part?: string;
  dtype?: string;
}

/** Writes a model of pictures into a repository for Triton and other servers of the Open Inference Protocol. */
export async function exportTriton(location: string, repository: string, command: TritonCommand): Promise<void> {
  for (const option of ["out", "part", "dtype"] as const)
    if (command[option] !== undefined)
      throw new UsageError(`--${option} is not for --triton, which writes a whole model into its repository.`);
  if (repository.trim() === "") throw new UsageError("--triton is the folder of the repository; it is empty.");
  const model = await openModel(location, undefined, command.checkpoint);
  try {
    const { name, image } = model.config;
    if (!model.whole || !image)
      throw new UsageError(
        `${name} (${model.method}) is more than one network from noise to pictures, and a Triton model is one; ` +
          `"fewstep serve ${location}" serves it by the same protocol.`,
      );
    const { channels, height, width } = image;
    const maxBatch = command.batch ?? MOST;
    const { version, bytes, path } = await writeTritonModel(repository, {
      name,
      part: model.whole,
      image: [channels, height, width],
      maxBatch,
    });
    const found = { model: name, version, batch: maxBatch, bytes, repository: resolve(repository), out: path };
    if (command.json) printJson(found);
    else say(`${name}, version ${version}: ${(bytes / 1e6).toFixed(1)} MB → ${path}`);
  } finally {
    await model.release();
  }
}
