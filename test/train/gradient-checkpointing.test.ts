import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { denoiser } from "../../src/methods/dyadic/denoiser.js";
import { methods } from "../../src/methods/registry.js";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { compile } from "../../src/runtime/index.js";
import { constant, grad, type Tensor } from "../../src/tensor/index.js";
import { computeRecord, readComputeRecord } from "../../src/train/compute-record.js";
import { gradientStage, phase } from "../../src/train/stages.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fewstep-checkpointing-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [B, N, D] = [2, 3, 16];
/** Two blocks of each kind, the first of them modulated. */
function network() {
  const modulated = Array.from({ length: 2 }, () => nn.ditBlock(D, 2));
  const plain = Array.from({ length: 2 }, () => nn.transformerBlock(D, 2, { causal: true }));
  return nn.module({ modulated, plain }, (x: Tensor, condition: Tensor) => {
    const h = modulated.reduce((h, block) => block(h, condition), x);
    return plain.reduce((h, block) => block(h), h);
  });
}

/** Losses of five steps, and the weights after them. */
async function trained(gradientCheckpointing: boolean) {
  const net = network();
  const parameters = nn.initialize(net, 3);
  for (const { name, parameter } of parameters.entries)
    if (name.includes("modulation"))
      parameter.value!.set(new Random(1, name).normals(parameter.size).map((v) => 0.2 * v));
  const random = new Random(2, "rows");
  const stage = gradientStage({
    name: "blocks",
    steps: 5,
    batch: B,
    parameters,
    optimizer: { lr: 1e-2, eps: 1 }, // of a gradient near zero the sign would decide
    phases: [
      phase({
        inputs: { x: [B, N, D], condition: [B, D], wanted: [B, N, D] },
        loss: ({ x, condition, wanted }) => net(x, condition).sub(wanted).square().mean(),
        next: () => ({
          x: random.normals(B * N * D),
          condition: random.normals(B * D),
          wanted: random.normals(B * N * D),
        }),
      }),
    ],
    state: { random },
    threads: 1,
    gradientCheckpointing,
  });
  const losses = [];
  for (let k = 0; k < 5; k++) losses.push((await stage.step(k)).loss);
  await stage.finish!();
  return { losses, weights: [...parameters.flat] };
}

test("a stage trains the same with its blocks computed again", async () => {
  const [kept, again] = [await trained(false), await trained(true)];
  for (const [k, loss] of kept.losses.entries()) expect(again.losses[k] / loss).toBeCloseTo(1, 5);
  for (const [i, weight] of kept.weights.entries()) expect(again.weights[i]).toBeCloseTo(weight, 4);
});

/** How many distinct matrix products tensors are made of. */
function products(...roots: Tensor[]): number {
  let count = 0;
  const seen = new Set<Tensor>();
  const stack = [...roots];
  while (stack.length > 0) {
    const t = stack.pop()!;
    if (seen.has(t)) continue;
    seen.add(t);
    if (t.op?.name === "MatMul") count++;
    stack.push(...t.inputs);
  }
  return count;
}

test("the blocks' products are in the gradients' graph twice, but for the last of each", () => {
  const net = network();
  nn.initialize(net, 3);
  const counted = { forward: 0, kept: 0, again: 0 };
  compile({ x: [B, N, D], condition: [B, D] }, ({ x, condition }) => {
    const build = () => net(x, condition).square().mean();
    const [loss, { built, blocks }] = [build(), nn.recomputingBlocks(build)];
    expect(blocks).toBe(4);
    counted.forward = products(loss);
    counted.kept = products(...grad(loss, net.parameters));
    counted.again = products(...grad(built, net.parameters));
    return { loss };
  });
  expect(counted.forward).toBeGreaterThan(20);
  expect(counted.again - counted.kept).toBeGreaterThanOrEqual(counted.forward - 4);
  expect(counted.again - counted.kept).toBeLessThanOrEqual(counted.forward);
});

test("a denoiser of gestures is made of blocks where it listens by cross-attention", async () => {
  const shape = {
    ...{ width: 16, heads: 2, blocks: 3, hidden: 32, window: 4, attention: "cross", modulation: "film" },
    together: false,
  } as unknown as Parameters<typeof denoiser>[0];
  const net = denoiser(shape, 5, constant(new Float32Array(4 * 16), [4, 16]));
  for (const { name, parameter } of nn.initialize(net, 1).entries)
    parameter.value!.set(new Random(1, name).normals(parameter.size).map((v) => 0.2 * v));
  const program = compile(
    {
      ...{ x: [2, 4, 5], t: [2], context: [2, 6, 16], social: [2, 16] },
      mask: { shape: [2, 6], dtype: "bool" },
    },
    ({ x, t, context, social, mask }) => {
      const loss = () =>
        net(x, t, { memory: net.remember(context), mask, social } as never)
          .square()
          .mean();
      const again = nn.recomputingBlocks(loss);
      expect(again.blocks).toBe(3);
      return { kept: grad(loss(), net.parameters), again: grad(again.built, net.parameters) };
    },
    { threads: 1 },
  );
  const random = new Random(4, "denoiser");
  const out = await program.run({
    ...{ x: random.normals(40), t: random.normals(2), context: random.normals(192), social: random.normals(32) },
    mask: new Uint8Array(12).fill(1),
  });
  const largest = Math.max(...out.kept.map(Math.abs));
  for (const [i, value] of out.kept.entries()) expect((out.again[i] - value) / largest).toBeCloseTo(0, 5);
  expect(out.kept.filter((value) => Math.abs(value) > 1e-3 * largest).length).toBeGreaterThan(out.kept.length / 4);
  await program.release();
});

test("methods say whether their networks have blocks, by their settings", () => {
  const blocks = (method: string, preset: string) => methods[method].blocks(methods[method].presets[preset]);
  expect(blocks("drifting", "tiny")).toBe(false);
  expect(blocks("sphere", "tiny")).toBe(false);
  expect(blocks("sphere", "vit-28-pico")).toBe(true);
  expect(blocks("discrete", "small")).toBe(true);
  expect(blocks("discrete", "pixels")).toBe(false);
  expect(blocks("motion", "tiny")).toBe(true);
});

test("a run remembers it", async () => {
  const { writeFileSync } = await import("node:fs");
  const record = computeRecord({ gradientCheckpointing: true });
  for (const [name, value] of Object.entries(record)) writeFileSync(join(folder, name), JSON.stringify(value));
  expect(await readComputeRecord(folder)).toEqual({ gradientCheckpointing: true });
  expect(computeRecord({})).toEqual({});
});
