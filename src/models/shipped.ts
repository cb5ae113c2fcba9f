import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** What is missing where no model is found by name. */
export const INSTALL_MODELS = "npm install fewstep-models";

/**
 * The folder of models that are known by name: the repository's own, else the package `fewstep-models` as this package
 * or the working folder finds it. Null where there is none.
 */
export function shippedModelsFolder(): string | null {
  const own = fileURLToPath(new URL("../../models/", import.meta.url));
  if (existsSync(join(own, "package.json"))) return own;
  for (const from of [import.meta.url, pathToFileURL(join(process.cwd(), "package.json"))])
    try {
      return dirname(createRequire(from).resolve("fewstep-models/package.json"));
    } catch {
      // not installed there
    }
  return null;
}
