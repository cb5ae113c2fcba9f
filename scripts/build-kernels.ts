import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

/** Sources in assembly/, and where they go compiled. */
export const kernelSources = {
  "assembly/optim.ts": "src/optim/kernels/wasm.ts",
  "assembly/random.ts": "src/random/wasm.ts",
} as const;

const at = (path: string) => new URL(`../${path}`, import.meta.url);

/** The text of a compiled source: the WebAssembly module in base64. */
export async function compileKernels(source: keyof typeof kernelSources): Promise<string> {
  let bytes = new Uint8Array();
  const options = "--runtime stub --noAssert -O3 --enable simd --importMemory --initialMemory 0 --outFile out.wasm";
  const text = await readFile(at(source), "utf8");
  const { error, stderr } = await main(["source.ts", ...options.split(" ")], {
    readFile: (name) => (name === "source.ts" ? text : null),
    writeFile: (_, contents) => {
      bytes = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`${source} does not compile: ${stderr}`, { cause: error });
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,108}/g)!;
  return [
    `/** ${source} compiled; written by \`npm run build:kernels\`. */`,
    "export const wasm =",
    `${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [source, target] of Object.entries(kernelSources))
    await writeFile(at(target), await compileKernels(source as keyof typeof kernelSources));
