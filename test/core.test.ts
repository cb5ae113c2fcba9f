import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The lines that introduce `fewstep/core` to its users. */
const promised = `
const net = nn.mlp([2, 128, 128, 2]);
const step = compile({ x: [256, 2], y: [256, 2] }, ({ x, y }) => {
  const loss = net(x).sub(y).square().mean();
  return { loss, gradients: grad(loss, net.parameters) };
});
const adamw = optim.adamw(net.parameters, { lr: 1e-3 });
const { loss, gradients } = await step.run({ x, y });
adamw.update(gradients);`;

/** What a TypeScript program prints that imports `fewstep/core`. */
async function printed(name: string, contents: string): Promise<string> {
  const folder = await mkdtemp(join(root, "node_modules/.fewstep-test-"));
  try {
    await build({
      stdin: { contents, resolveDir: join(root, "examples"), sourcefile: `${name}.ts`, loader: "ts" },
      outfile: join(folder, `${name}.mjs`),
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      alias: { "fewstep/core": join(root, "src/core.ts") },
    });
    return (await promisify(execFile)(process.execPath, [join(folder, `${name}.mjs`)])).stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("examples/core.ts has the promised lines, runs as written, and learns", async () => {
  const source = await readFile(join(root, "examples/core.ts"), "utf8");
  const lines = new Set(source.split("\n").map((line) => line.trim()));
  for (const line of promised.trim().split("\n")) expect(lines).toContain(line.trim());

  const losses = [...(await printed("core", source)).matchAll(/loss ([\d.]+)/g)].map(([, value]) => Number(value));
  expect(losses).toHaveLength(5);
  expect(losses[4]).toBeLessThan(0.02);
  expect(losses[4]).toBeLessThan(losses[0] / 5);
});

test("the examples of docs/core.md run as written", async () => {
  const text = await readFile(join(root, "docs/core.md"), "utf8");
  const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
  expect(blocks.length).toBeGreaterThanOrEqual(6);
  const lines = (await printed("docs", blocks.join("\n"))).trim().split("\n");
  const losses = lines.filter((line) => line.startsWith("training")).map((line) => Number(line.split(" ")[1]));
  expect(losses[1]).toBeLessThan(losses[0] / 5);
  expect(lines.filter((line) => !line.startsWith("training"))).toEqual([
    "best 0.976 of 6",
    "meanflow true",
    "functions 2 5",
    "difference [ 1, 2, -1 ]",
    'check: the first tensor of this run that is not finite is Log[3]:float32, made of Sub[3]:float32 "difference".',
  ]);
});
