import { resolve } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { loadModel } from "../methods/index.js";
import { say } from "./output.js";

export async function exportCommand(location: string, { out, batch }: { out: string; batch: number }): Promise<void> {
  const model = await loadModel(location);
  try {
    const bytes = model.toOnnx(batch);
    await writeFileAtomic(resolve(out), bytes);
    say(`${model.config.name}: ${(bytes.length / 1e6).toFixed(1)} MB → ${resolve(out)}`);
  } finally {
    await model.release();
  }
}
