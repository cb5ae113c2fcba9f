import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { main } from "assemblyscript/asc";

const source = new URL("../assembly/optim.ts", import.meta.url);
const target = new URL("../src/optim/kernels/wasm.ts", import.meta.url);

/** The text of src/optim/kernels/wasm.ts: assembly/optim.ts as a WebAssembly module in base64. */
export async function compileKernels(): Promise<string> {
  let bytes = new Uint8Array();
  const options = "--runtime stub --noAssert -O3 --enable simd --importMemory --initialMemory 0 --outFile out.wasm";
  const text = await readFile(source, "utf8");
  const { error, stderr } = await main(["optim.ts", ...options.split(" ")], {
    readFile: (name) => (name === "optim.ts" ? text : null),
    writeFile: (_, contents) => {
      bytes = contents as Uint8Array<ArrayBuffer>;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(`assembly/optim.ts does not compile: ${stderr}`, { cause: error });
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,108}/g)!;
  return [
    "/** assembly/optim.ts compiled; written by `npm run build:kernels`. */",
    "export const wasm =",
    `${lines.map((line) => `  "${line}"`).join(" +\n")};`,
    "",
  ].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(target, await compileKernels());
