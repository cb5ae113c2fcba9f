import { execFile } from "node:child_process";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { compile, inWorker } from "../../src/runtime/index.js";
import { constant, grad } from "../../src/tensor/index.js";

const network = () => {
  const net = nn.mlp([3, 4, 2]);
  net.parameters.initialize(1);
  return net;
};
const x = Float32Array.from({ length: 15 }, (_, i) => Math.cos(i));

test("a program in a worker gives what it gives in this thread, bit for bit", async () => {
  const [here, there] = [false, true].map((worker) => {
    const net = network();
    const program = compile(
      { x: [5, 3] },
      ({ x }) => {
        const loss = net(x).square().mean();
        return { loss, output: net(x), gradients: grad(loss, net.parameters) };
      },
      { device: "cpu", threads: 1, worker },
    );
    return { net, program };
  });
  for (let k = 0; k < 3; k++) {
    const [a, b] = [await here.program.run({ x }), await there.program.run({ x })];
    expect(b).toEqual(a);
    for (const [net, { gradients }] of [
      [here.net, a],
      [there.net, b],
    ] as const)
      net.parameters.flat.forEach((_, i, flat) => {
        flat[i] -= 0.1 * gradients[i];
      });
  }
  expect(x[0]).toBe(1); // inputs are copied, not moved
  await Promise.all([here.program.release(), there.program.release()]);
});

test("the event loop turns while a worker computes", async () => {
  const n = 700;
  const program = compile(
    { a: [n, n] },
    ({ a }) => {
      let b = a;
      for (let k = 0; k < 20; k++) b = b.matmul(a).mul(0.01);
      return { sum: b.sum() };
    },
    { device: "cpu", worker: true },
  );
  const a = new Float32Array(n * n).fill(0.1);
  await program.run({ a });
  let done = false;
  let turns = 0;
  const run = program.run({ a }).finally(() => {
    done = true;
  });
  while (!done) {
    await setImmediate();
    turns++;
  }
  await run;
  expect(turns).toBeGreaterThan(20);
  await program.release();
});

test("requests to one worker are answered in order, errors with their message", async () => {
  const program = compile({ x: [2] }, ({ x }) => ({ y: x.mul(2) }), { device: "cpu", worker: true });
  const runs = [1, 2, 3].map((v) => program.run({ x: [v, v] }));
  expect((await Promise.all(runs)).map(({ y }) => y[0])).toEqual([2, 4, 6]);
  await program.release();
  const absent = compile({ x: [2] }, ({ x }) => ({ y: x.add(constant(1)) }), { device: "coreml", worker: true });
  if (process.platform === "linux")
    await expect(absent.run({ x: [1, 2] })).rejects.toThrow(/"coreml" is not available here: .*Available: .*cpu/);
  await absent.release();
});

test("a process with only an idle worker ends", async () => {
  const script = new URL("./fixtures/idle-worker.ts", import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script], { timeout: 60_000 });
  expect(stdout.trim()).toBe("2,4");
});

const task = new URL("./fixtures/task.ts", import.meta.url);

test("inWorker runs an export in a thread: payload, messages, result", async () => {
  const messages: unknown[] = [];
  const result = await inWorker(task, "count", { to: 3 }, { onMessage: (m) => messages.push(m) });
  expect(result).toEqual({ sum: 6, main: false });
  expect(messages).toEqual([1, 2, 3]);
});

test("inWorker passes abortion on and the export ends as it likes", async () => {
  const controller = new AbortController();
  const result = await inWorker(task, "untilAborted", null, {
    onMessage: () => controller.abort(),
    signal: controller.signal,
  });
  expect(result).toBe("saved");
  expect(await inWorker(task, "untilAborted", null, { signal: AbortSignal.abort() })).toBe("saved");
});

test("inWorker's errors carry the export's message", async () => {
  await expect(inWorker(task, "fail", "disk full")).rejects.toThrow("disk full");
  await expect(inWorker(task, "absent", 0)).rejects.toThrow('has no function "absent"');
  await expect(inWorker(task, "quit", 3)).rejects.toThrow("ended (exit code 3) before quit returned");
});
