import { afterEach, describe, expect, test } from "vitest";
import {
  GRID,
  PATHS,
  PointsLearner,
  type PointsSettings,
  pointsDefaults,
  SAMPLES,
} from "../../../studio/src/learn/engine/points.js";
import { toyNames } from "../../../studio/src/learn/engine/points-data.js";
import { type PointsMessage, type PointsRequest, servePoints } from "../../../studio/src/learn/engine/points-serve.js";

const compute = { device: "wasm", threads: 1 } as const;
const settings: PointsSettings = { ...pointsDefaults, source: { toy: "gaussians-8" }, batch: 64 };
const made: PointsLearner[] = [];
const learner = (change: Partial<PointsSettings> = {}) => {
  const one = new PointsLearner({ ...settings, ...change }, compute);
  made.push(one);
  return one;
};
afterEach(async () => {
  for (const one of made.splice(0)) await one.release();
});
const train = async (one: PointsLearner, steps: number) => {
  for (let k = 0; k < steps; k++) await one.train();
};

test("both models come closer to points that they were not shown, and the floor stays below them", async () => {
  const one = learner();
  const { quality: before } = await one.report();
  await train(one, 150);
  const { step, quality: after, losses } = await one.report();
  expect(step).toBe(150);
  expect(after.drifting).toBeLessThan(before.drifting / 3);
  expect(after.flow).toBeLessThan(before.flow / 2);
  expect(after.floor).toBe(before.floor);
  expect(Math.min(after.drifting, after.flow)).toBeGreaterThan(after.floor);
  expect(losses.drifting).toBeGreaterThan(0);
  expect(losses.flow).toBeGreaterThan(0);
});

test("a report has points, paths from noise to samples and arrows, and changes nothing of the training", async () => {
  const [watched, alone] = [learner(), learner()];
  await train(watched, 3);
  const report = await watched.report();
  await train(watched, 3);
  await train(alone, 6);
  const { quality: _, ...seen } = await watched.report(); // measured once in a while
  expect(await alone.report()).toMatchObject(seen);
  expect(report.drifting.length).toBe(2 * SAMPLES);
  expect(report.field.length).toBe(2 * GRID * GRID);
  expect(report.field.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  expect(report.paths.length).toBe((report.flowSteps + 1) * PATHS * 2);
  expect(report.paths.slice(-2 * PATHS)).toEqual(report.flow.slice(0, 2 * PATHS));
  expect(report.paths.slice(0, 2 * PATHS)).not.toEqual(report.flow.slice(0, 2 * PATHS));
});

test("the seed decides, and the flow's steps can be changed meanwhile", async () => {
  const [a, b] = [learner(), learner({ seed: 2 })];
  const [first, other] = [await a.report(), await b.report()];
  expect(first.drifting).not.toEqual(other.drifting);
  a.flowSteps = 2;
  const fewer = await a.report();
  expect(fewer.paths.length).toBe(3 * PATHS * 2);
  expect(fewer.quality.flow).not.toBe(first.quality.flow);
  expect(() => {
    a.flowSteps = 0;
  }).toThrow("flowSteps must be a whole number from 1 to 64, got 0");
});

test("points that a person drew are learnt", async () => {
  const points = Float32Array.of(-0.5, -0.5, 0.5, 0.5, 0.5, -0.5);
  const one = learner({ source: { points } });
  await train(one, 100);
  const { drifting } = await one.report();
  let near = 0;
  for (let i = 0; i < SAMPLES; i++)
    near += [0, 2, 4].some((k) => Math.hypot(drifting[2 * i] - points[k], drifting[2 * i + 1] - points[k + 1]) < 0.25)
      ? 1
      : 0;
  expect(near / SAMPLES).toBeGreaterThan(0.5);
});

test("every toy is there, and what cannot be is refused by name and value", () => {
  expect(toyNames).toContain("two-moons");
  for (const [change, message] of [
    [{ source: { toy: "moon" as never } }, 'no toy "moon"'],
    [{ source: { points: Float32Array.of(0, 0) } }, "at least 2 points, got 1"],
    [{ source: { points: Float32Array.of(0, 0, 0, Number.NaN) } }, "got NaN in point 1"],
    [{ batch: 8 }, "batch must be a whole number from 16 to 1024, got 8"],
    [{ lr: 0 }, "lr must be a number above 0 and at most 0.1, got 0"],
    [{ seed: 1.5 }, "seed must be"],
  ] as [Partial<PointsSettings>, string][])
    expect(() => new PointsLearner({ ...settings, ...change }, compute)).toThrow(message);
});

describe("the worker's side of the messages", () => {
  function serve() {
    const { port1, port2 } = new MessageChannel();
    const messages: PointsMessage[] = [];
    const waiting: (() => void)[] = [];
    servePoints(port1 as never);
    port2.onmessage = ({ data }) => {
      messages.push(data);
      for (const wake of waiting.splice(0)) wake();
    };
    const until = async (fits: (message: PointsMessage) => boolean) => {
      for (;;) {
        const found = messages.findIndex(fits);
        if (found >= 0) return messages.splice(0, found + 1).at(-1)!;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    };
    const send = (request: PointsRequest) => port2.postMessage(request);
    const state = (name: string) => until((m) => m.type === "state" && m.state === name);
    const close = () => port1.close();
    return { send, until, state, close, messages };
  }
  const reported = (message: PointsMessage) => message.type === "report";

  test("start, pause, set, resume, stop", async () => {
    const { send, until, state, close, messages } = serve();
    send({ type: "start", ...settings, compute });
    await state("training");
    await until(reported);
    send({ type: "pause" });
    await state("paused");
    messages.length = 0;
    send({ type: "set", flowSteps: 3 });
    const shown = await until(reported);
    expect(shown).toMatchObject({ report: { flowSteps: 3 } });
    const { step } = (shown as Extract<PointsMessage, { type: "report" }>).report;
    send({ type: "resume" });
    await until((m) => m.type === "report" && m.report.step > step);
    send({ type: "stop" });
    await state("stopped");
    send({ type: "resume" });
    expect(await state("failed")).toMatchObject({ message: "Nothing is trained that could resume; start first." });
    close();
  });

  test("what cannot be started says why, and the next start works", async () => {
    const { send, until, state, close } = serve();
    send({ type: "start", ...settings, batch: 3, compute });
    expect(await state("failed")).toMatchObject({ message: expect.stringContaining("batch") });
    send({ type: "start", ...settings, compute });
    await until(reported);
    send({ type: "stop" });
    await state("stopped");
    close();
  });
});
