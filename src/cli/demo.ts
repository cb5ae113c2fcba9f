import { NO_MODELS, openAny, shippedModels } from "./models.js";
import { printTable, say } from "./output.js";
import { type SampleResult, sampleTexts, sampleToFile } from "./sample.js";

/** Draws with every shipped model into `out/` and says what each cost. */
export async function demo(): Promise<void> {
  const models = await shippedModels();
  if (models.length === 0) return say(NO_MODELS);
  const rows: (string | number)[][] = [];
  for (const { name, config } of models) {
    say(`drawing with ${name} …`);
    const common = { seed: 1, ...(config.method === "discrete" ? { steps: 32 } : {}) };
    const { draws, model } = await openAny(name);
    const result: SampleResult =
      draws === "text"
        ? await sampleTexts(model, name, { count: config.text?.lines ? 40 : 4, nucleus: 0.9, ...common })
        : await sampleToFile(model, name, { count: 80, ...common });
    rows.push([name, result.nfe, result.msPerImage, result.out]);
  }
  printTable(["model", "network evaluations", "ms per sample", "picture or text"], rows);
}
