/** Writes the studio as a folder of static files, with the shipped models: `npm run build:studio [-- folder]`. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Catalogue } from "../src/server/catalogue.js";
import { MODEL_FILES, modelEntries } from "../src/server/model-files.js";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Writes the built page (`npm run build`) and models, the shipped ones and those of more folders, into a folder, which any
 * web server can serve under any path.
 */
export async function buildStudio(folder: string, models?: string[], folders: string[] = []): Promise<void> {
  const page = join(root, "dist/studio");
  if (!existsSync(join(page, "index.html"))) throw new Error(`${page} holds no page; run npm run build first.`);
  rmSync(folder, { recursive: true, force: true });
  cpSync(page, folder, { recursive: true });
  const catalogue = await Catalogue.open({ models: undefined, folders });
  const wanted = ({ name }: { readonly name: string }) => models?.includes(name) ?? true;
  mkdirSync(join(folder, "models"));
  for (const { name, folder: from } of (await catalogue.all()).filter(wanted))
    for (const file of MODEL_FILES)
      if (existsSync(join(from, file))) cpSync(join(from, file), join(folder, "models", name, file));
  writeFileSync(join(folder, "models/index.json"), JSON.stringify((await modelEntries(catalogue)).filter(wanted)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? "out/studio");
  await buildStudio(folder);
  console.log(`The studio stands in ${folder}: put it on any web server.`);
}
