import { resolve } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { openModel } from "./models.js";
import { requireFileName } from "./numbered.js";
import { printJson, say, UsageError } from "./output.js";

export interface ExportCommand {
  out: string;
  /** Samples of an evaluation; default any number. */
  batch?: number;
  /** Which network; default the model's first part. */
  part?: string;
  /** Takes a run that was stopped as it is. */
  checkpoint?: boolean;
  json?: boolean;
}

/** Writes one of a model's networks as an ONNX file. */
export async function exportCommand(
  location: string,
  { out, batch, part, checkpoint, json }: ExportCommand,
): Promise<void> {
  requireFileName(out, "the network");
  const model = await openModel(location, undefined, checkpoint);
  try {
    const names = Object.keys(model.parts);
    const name = part ?? names[0];
    if (!Object.hasOwn(model.parts, name))
      throw new UsageError(`${model.config.name} has no part "${name}"; it has ${names.join(", ")}.`);
    const bytes = model.parts[name].toOnnx(batch);
    const path = resolve(out);
    await writeFileAtomic(path, bytes);
    if (json) printJson({ model: model.config.name, batch: batch ?? null, bytes: bytes.length, out: path });
    else say(`${model.config.name}: ${(bytes.length / 1e6).toFixed(1)} MB → ${path}`);
  } finally {
    await model.release();
  }
}
