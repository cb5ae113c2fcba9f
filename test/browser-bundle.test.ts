import { build, type Metafile } from "esbuild";
import { expect, test } from "vitest";

/** Files that a page loads before it does anything, and what of Node they ask for. */
function loadedAtOnce({ inputs }: Metafile, entry: string) {
  const files = new Set<string>();
  const builtins: string[] = [];
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    for (const { path, kind, external } of inputs[file].imports)
      if (kind === "dynamic-import") continue;
      else if (external) builtins.push(`${file} imports ${path}`);
      else if (inputs[path]) waiting.push(path);
  }
  return { files: [...files], builtins };
}

test("the browser's entry bundles, and loads neither Node's modules nor training", async () => {
  const { metafile } = await build({
    entryPoints: ["src/browser.ts"],
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: "out",
    write: false,
    metafile: true,
    external: ["node:*", "sharp"],
    logLevel: "silent",
  });
  const { files, builtins } = loadedAtOnce(metafile, "src/browser.ts");
  expect(builtins).toEqual([]);
  expect(files.filter((file) => /train\.ts$|stage|src\/train\/(?!settings)/.test(file))).toEqual([]);
});
