import { readdir } from "node:fs/promises";
import { shippedModelsFolder } from "../methods/shared/model-files.js";
import { printTable, say } from "./output.js";
import { sampleToFile } from "./sample.js";

/** Generates a sheet from every shipped model into `out/` and says what each cost. */
export async function demo(): Promise<void> {
  const names = (await readdir(await shippedModelsFolder(), { withFileTypes: true }))
    .filter((d) => d.isDirectory())
    .map((d) => d.name);
  const rows: (string | number)[][] = [];
  for (const name of names) {
    say(`drawing with ${name} …`);
    const { nfe, msPerImage, out } = await sampleToFile(name, { count: 80, seed: 1 });
    rows.push([name, nfe, msPerImage, out]);
  }
  printTable(["model", "network evaluations", "ms per image", "picture"], rows);
}
