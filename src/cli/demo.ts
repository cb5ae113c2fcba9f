import { draws } from "../methods/load.js";
import { NO_MODELS, openModel, shippedModels } from "./models.js";
import { printTable, say } from "./output.js";
import { sampleToFile } from "./sample.js";

/** Draws with every shipped model into `out/`; then, where it is asked for, serves the studio. */
export async function demo(studio = false): Promise<void> {
  await drawAll();
  if (!studio) return;
  const { studioCommand } = await import("./studio.js");
  const command = { host: "127.0.0.1", runs: "runs", trainings: 1, open: true };
  await studioCommand(command, { once: process.stdout.isTTY !== true });
}

/** Says what each model's drawing cost. */
async function drawAll(): Promise<void> {
  // Gestures are drawn to two voices, and answers are given to questions: there are none here
  const models = (await shippedModels()).filter(({ config }) => ![null, "gesture"].includes(draws(config)));
  if (models.length === 0) return say(NO_MODELS);
  const rows: (string | number)[][] = [];
  for (const { name } of models) {
    say(`drawing with ${name} …`);
    const model = await openModel(name);
    try {
      const few = "nucleus" in model.options.shape ? { steps: 32 } : {};
      const count = model.kind === "image" ? 80 : model.kind === "text" ? (model.lines ? 40 : 4) : 1;
      const shown = model.kind === "motion" ? { prompt: "a person walks, then waves, then runs" } : {};
      const options = { count, seed: 1, ...few, ...shown, ...(model.kind === "text" ? { nucleus: 0.9 } : {}) };
      const { nfe, msPerSample, out } = await sampleToFile(model, name, options);
      rows.push([name, nfe, msPerSample, out]);
    } finally {
      await model.release();
    }
  }
  printTable(["model", "network evaluations", "ms per sample", "picture or text"], rows);
}
