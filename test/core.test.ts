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

test("examples/core.ts has the promised lines, runs as written, and learns", async () => {
  const source = await readFile(join(root, "examples/core.ts"), "utf8");
  const lines = new Set(source.split("\n").map((line) => line.trim()));
  for (const line of promised.trim().split("\n")) expect(lines).toContain(line.trim());

  const folder = await mkdtemp(join(root, "node_modules/.fewstep-test-"));
  try {
    await build({
      entryPoints: [join(root, "examples/core.ts")],
      outfile: join(folder, "core.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      alias: { "fewstep/core": join(root, "src/core.ts") },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "core.mjs")]);
    const losses = [...stdout.matchAll(/loss ([\d.]+)/g)].map(([, value]) => Number(value));
    expect(losses).toHaveLength(5);
    expect(losses[4]).toBeLessThan(0.02);
    expect(losses[4]).toBeLessThan(losses[0] / 5);
  } finally {
    await rm(folder, { recursive: true });
  }
});
