import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { drawsImages } from "../methods/index.js";
import { readModelConfig, shippedModelsFolder } from "../methods/shared/model-files.js";
import { printTable, say } from "./output.js";
import { sampleToFile } from "./sample.js";

/** Generates a sheet from every shipped model into `out/` and says what each cost. */
export async function demo(): Promise<void> {
  const names = await drawingModels();
  if (names.length === 0) return say("This copy ships no models; train one: fewstep train drifting --help");
  const rows: (string | number)[][] = [];
  for (const name of names) {
    say(`drawing with ${name} …`);
    const { nfe, msPerImage, out } = await sampleToFile(name, { count: 80, seed: 1 });
    rows.push([name, nfe, msPerImage, out]);
  }
  printTable(["model", "network evaluations", "ms per image", "picture"], rows);
}

/** Shipped models that draw images; classifiers only judge them. */
async function drawingModels(): Promise<string[]> {
  const folder = await shippedModelsFolder();
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const drawing = await Promise.all(
    names.map(async (name) => drawsImages((await readModelConfig(join(folder, name))).method)),
  );
  return names.filter((_, i) => drawing[i]);
}
