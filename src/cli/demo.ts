import { NO_MODELS, openModel, shippedModels } from "./models.js";
import { printTable, say } from "./output.js";
import { sampleToFile } from "./sample.js";

/** Draws with every shipped model into `out/` and says what each cost. */
export async function demo(): Promise<void> {
  const models = await shippedModels();
  if (models.length === 0) return say(NO_MODELS);
  const rows: (string | number)[][] = [];
  for (const { name } of models) {
    say(`drawing with ${name} …`);
    const model = await openModel(name);
    try {
      const few = "nucleus" in model.options.shape ? { steps: 32 } : {};
      const count = model.kind === "image" ? 80 : model.lines ? 40 : 4;
      const options = { count, seed: 1, ...few, ...(model.kind === "text" ? { nucleus: 0.9 } : {}) };
      const { nfe, msPerSample, out } = await sampleToFile(model, name, options);
      rows.push([name, nfe, msPerSample, out]);
    } finally {
      await model.release();
    }
  }
  printTable(["model", "network evaluations", "ms per sample", "picture or text"], rows);
}
