import { afterAll, expect, test } from "vitest";
import { loadModel, loadTextModel } from "../../src/methods/load.js";
import { graph, Programs } from "../../src/models/programs.js";
import { turn } from "../../src/runtime/turn.js";
import { constant, type Tensor } from "../../src/tensor/index.js";

const open: { release(): Promise<void> }[] = [];
afterAll(async () => {
  for (const model of open) await model.release();
});

/** How many turns the event loop had for others while `work` ran. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let running = true;
  const others = (async () => {
    for (; running; turns++) await new Promise((resolve) => setTimeout(resolve));
  })();
  await work();
  running = false;
  await others;
  return turns;
}

test("a turn lets timers and input in", async () => {
  let ticked = false;
  setImmediate(() => {
    ticked = true;
  });
  await turn();
  expect(ticked).toBe(true);
});

// WebAssembly computes in this thread, and returns without a turn; the native runtime takes one of its own. A timer of
// no delay is due after a millisecond: evaluations are counted that take longer.
const wasm = { device: "wasm", threads: 1 } as const;

test("timers go on between the steps of text", async () => {
  const model = await loadTextModel("duo-names", wasm);
  open.push(model);
  await model.sample({ steps: 1, count: 8 });
  const steps = 24;
  expect(await turnsDuring(() => model.sample({ count: 8, steps }))).toBeGreaterThanOrEqual(steps / 2);
});

test("timers go on between the batches of pictures", async () => {
  const model = await loadModel("drifting-fashion", { kind: "image", ...wasm });
  open.push(model);
  await model.sample({ count: 8 });
  expect(await turnsDuring(() => model.sample({ count: 24 }))).toBeGreaterThanOrEqual(3);
});

test("timers go on between the batches of edits, encodings and judgements", async () => {
  const programs = new Programs("slow", wasm);
  open.push(programs);
  const square = constant(new Float32Array(512 * 512), [512, 512]);
  const y = (x: Tensor) => Array.from({ length: 8 }).reduce<Tensor>((sum) => sum.matmul(square), x);
  const slow = graph({
    inputs: (size: number) => ({ x: [size, 512] }),
    build: ({ x }) => ({ y: y(x) }),
  });
  const run = (count: number) => programs.rows("slow", slow, count, { x: new Float32Array(count * 512) });
  await run(64);
  expect(await turnsDuring(() => run(8 * 64))).toBeGreaterThanOrEqual(4);
});
