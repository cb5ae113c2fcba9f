import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readModelConfig, shippedModelsFolder } from "../methods/shared/model-files.js";
import { printJson, printTable } from "./output.js";

/** Lists the shipped models. */
export async function modelsCommand({ json }: { json?: boolean }): Promise<void> {
  const folder = await shippedModelsFolder();
  const names = (await readdir(folder, { withFileTypes: true })).filter((d) => d.isDirectory()).map((d) => d.name);
  const rows = await Promise.all(
    names.map(async (name) => {
      const { method, image, classNames, training } = await readModelConfig(join(folder, name));
      const { size } = await stat(join(folder, name, "model.safetensors"));
      return {
        name,
        method,
        size: `${image.width}×${image.height}×${image.channels}`,
        classes: classNames?.length ?? 0,
        data: String(training.data),
        megabytes: Number((size / 1e6).toFixed(1)),
      };
    }),
  );
  if (json) printJson(rows);
  else
    printTable(
      ["model", "method", "images", "classes", "trained on", "MB"],
      rows.map((r) => Object.values(r)),
    );
}
