import { resolve } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { openModel } from "./models.js";
import { printJson, say } from "./output.js";

export interface ExportCommand {
  out: string;
  batch: number;
  json?: boolean;
}

/** Writes a model's network as one ONNX file. */
export async function exportCommand(location: string, { out, batch, json }: ExportCommand): Promise<void> {
  const model = await openModel(location);
  try {
    const bytes = model.toOnnx(batch);
    const path = resolve(out);
    await writeFileAtomic(path, bytes);
    if (json) printJson({ model: model.config.name, batch, bytes: bytes.length, out: path });
    else say(`${model.config.name}: ${(bytes.length / 1e6).toFixed(1)} MB → ${path}`);
  } finally {
    await model.release();
  }
}
