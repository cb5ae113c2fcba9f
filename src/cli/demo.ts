import { NO_MODELS, shippedModels } from "./models.js";
import { printTable, say } from "./output.js";
import { sampleToFile } from "./sample.js";

/** Generates a sheet from every shipped model into `out/` and says what each cost. */
export async function demo(): Promise<void> {
  const models = await shippedModels();
  if (models.length === 0) return say(NO_MODELS);
  const rows: (string | number)[][] = [];
  for (const { name } of models) {
    say(`drawing with ${name} …`);
    const { nfe, msPerImage, out } = await sampleToFile(name, { count: 80, seed: 1 });
    rows.push([name, nfe, msPerImage, out]);
  }
  printTable(["model", "network evaluations", "ms per image", "picture"], rows);
}
