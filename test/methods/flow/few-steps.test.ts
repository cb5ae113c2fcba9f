import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FlowModel, type FlowSettings, presets, trainFlow } from "../../../src/methods/flow/index.js";
import { loadModel } from "../../../src/methods/load.js";
import { methods } from "../../../src/methods/registry.js";
import { readModel } from "../../../src/models/files.js";
import type { TrainOptions } from "../../../src/train/index.js";
import { colours, meanColours } from "../pictures.js";

const folder = mkdtempSync(join(tmpdir(), "flow-few-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const quiet = { threads: 1, sampleEvery: 0, onProgress: () => {} };
const micro: FlowSettings = {
  ...presets.tiny,
  features: { task: "classifier", width: 4, blocks: [1, 1], stemStride: 2, batch: 16, steps: 10, lr: 2e-3 },
  autoencoder: {
    ...presets.tiny.autoencoder,
    ...{ latent: 6, encoder: [8, 8], hidden: 32, decoder: [8, 8, 4], batch: 16, steps: 3, warmSteps: 1 },
  },
  generator: { hidden: 32, blocks: 1, condition: 16 },
  flow: { batch: 32, steps: 120, lr: 5e-3, emaDecay: 0.9, labelDropout: 0.1 },
  jointStage: { ...presets.tiny.jointStage, samples: 8, steps: 2, samplerSteps: 2 },
};
const start = join(folder, "flow");
const kinds = ["alpha-flow", "shortcut", "consistency"] as const;
const few = (kind: (typeof kinds)[number], change: Partial<FlowSettings> = {}): FlowSettings => ({
  ...micro,
  from: start,
  objective: presets[kind].objective,
  flow: { ...micro.flow, steps: 40, lr: 1e-3 },
  ...change,
});
const train = (settings: FlowSettings, name: string, options: Partial<TrainOptions> = {}) =>
  trainFlow(colours(), settings, { out: join(folder, name), ...quiet, ...options });
const open = async (name: string) => (await loadModel(join(folder, name), { kind: "image", threads: 1 })) as FlowModel;
const bytes = (name: string) => readFileSync(join(folder, name, "model", "model.safetensors"));
const log = (name: string): Record<string, number>[] =>
  readFileSync(join(folder, name, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  await train(micro, "flow");
});

describe.each(kinds)("%s", (kind) => {
  test("without a step it is the flow that it begins with", async () => {
    await train(few(kind, { flow: { ...micro.flow, steps: 0 } }), `${kind} at first`);
    const [flow, at] = [await open("flow"), await open(`${kind} at first`)];
    const one = { count: 3, label: "green", seed: 4, steps: 1 };
    expect((await at.sample(one)).pixels).toEqual((await flow.sample(one)).pixels);
    for (const model of [flow, at]) await model.release();
  });

  test("draws classes in one step and in two, by its own rule", async () => {
    await train(few(kind), kind);
    expect(log(kind)[39].loss).toBeGreaterThan(0);
    const model = await open(kind);
    for (const steps of [undefined, 2])
      for (const [k, label] of ["red", "green", "blue"].entries()) {
        const means = meanColours(await model.sample({ count: 8, label, seed: 4, ...(steps && { steps }) }));
        for (const mean of means) expect(mean.indexOf(Math.max(...mean)), `${label}: ${mean}`).toBe(k);
      }
    expect([model.cost(), model.cost({ steps: 4 }), model.cost({ steps: 4, guidance: 2 })]).toEqual([1, 4, 8]);
    const draw = async (options: object) => (await model.sample({ count: 2, seed: 1, ...options })).pixels;
    expect(await draw({ steps: 2 })).toEqual(await draw({ steps: 2 }));
    expect(await draw({ steps: 2 })).not.toEqual(await draw({ steps: 1 }));
    expect(await draw({ guidance: 2 })).not.toEqual(await draw({}));
    await expect(model.sample({ sampler: "heun" })).rejects.toThrow(/takes no "sampler"/);
    await expect(model.sample({ steps: 0 })).rejects.toThrow(/steps must be a whole number in \[1, \d+\], got 0/);
    const odd = model.sample({ count: 1, steps: 3 });
    if (kind === "shortcut") await expect(odd).rejects.toThrow(/must be a power of two, such as 1, 2 or 4; got 3/);
    else await odd;
    const fine = model.sample({ count: 1, steps: 128 }); // the preset's seven lengths end with a 64th of the way
    if (kind === "shortcut") await expect(fine).rejects.toThrow("steps must be a whole number in [1, 64], got 128");
    else await fine;
    await model.release();
  });

  test("a picture is the same in any batch, and as one network", async () => {
    const model = await open(kind);
    const some = await model.sample({ count: 5, label: "red", steps: 4, seed: 3 });
    const [first, second] = await model.sampleTogether([
      { options: { count: 2, label: "blue", steps: 4, seed: 9 } },
      { options: { count: 5, label: "red", steps: 4, seed: 3 } },
    ]);
    expect(first.count).toBe(2);
    for (const [i, value] of second.pixels.entries()) expect(Math.abs(value - some.pixels[i])).toBeLessThan(1e-4);
    expect(model.whole?.inputs.map(({ name }) => name)).toEqual(["noise", "label"]);
    expect(model.whole?.toOnnx().byteLength).toBeGreaterThan(1000); // for any batch, as servers take it
    expect(model.parts.velocity.inputs.map(({ name }) => name)).toEqual(
      kind === "consistency" ? ["state", "time", "label"] : ["state", "time", "until", "label"],
    );
    await model.release();
  });
});

test("what is drawn in one step is trained further by the Fréchet distance, and stopped goes on to the same bits", async () => {
  const frechetStage = { samples: 16, steps: 12, lr: 1e-3, decay: 0.9, meanDecay: 0.5, emaDecay: 0.5 };
  const kind = "alpha-flow";
  const settings = few(kind, { flow: { ...micro.flow, steps: 0 }, frechetStage }); // of a flow one step is a blur
  const name = `${kind} posted`;
  await train(settings, name);
  const steps = log(name).filter(({ stage }) => String(stage) === "frechet");
  expect(new Set(log(name).map(({ stage }) => String(stage)))).toEqual(new Set(["features", "frechet"]));
  for (const family of ["frechet-pool", "frechet-pixels"])
    expect(steps[11][family] / steps[0][family], JSON.stringify(steps.map((row) => row[family]))).toBeLessThan(0.97);
  const stop = new AbortController();
  const stopped = { out: join(folder, `${name} stopped`), ...quiet };
  await trainFlow(colours(), settings, {
    ...stopped,
    signal: stop.signal,
    onProgress: ({ type, ...event }) => {
      if (type === "step" && "stageStep" in event && event.stageStep === 5) stop.abort();
    },
  });
  for (let at = 0; at < 3; at++) await trainFlow(colours(), settings, { ...stopped, resume: true });
  expect(bytes(`${name} stopped`).equals(bytes(name))).toBe(true);
});

test("what goes on from a run needs nothing but that", async () => {
  const run = join(folder, "alpha-flow");
  const { weights } = await readModel(run, () => methods.flow.architecture);
  const settings = few("alpha-flow", { from: join(folder, "gone"), flow: { ...micro.flow, steps: 0 } });
  await train(settings, "on", { from: { run, weights } });
  expect(bytes("on").equals(bytes("alpha-flow"))).toBe(true);
  await expect(train(settings, "off")).rejects.toThrow(/gone/);
});

test("in a latent space too, with a decoder tuned on what it draws, and features of another run", async () => {
  const joint = few("consistency", { from: null, space: "joint", flow: { ...micro.flow, steps: 4 } });
  await train(joint, "joint");
  const frechetStage = { ...presets.tiny.frechetStage, samples: 4, steps: 2 };
  await train({ ...joint, autoencoderFrom: join(folder, "joint"), frechetStage }, "joint posted");
  const stages = ["features", "autoencoder", "flow", "decoder", "frechet"];
  expect([...new Set(log("joint posted").map(({ stage }) => String(stage)))]).toEqual(stages);
  expect(log("joint posted")).toHaveLength(10);
  const model = await open("joint posted");
  expect((await model.sample({ count: 2, steps: 2 })).shape.slice(0, 2)).toEqual([2, 3]);
  await model.release();
});

test("settings without an effect, and models that are none of this shape, are refused", async () => {
  const frechetStage = { ...presets.tiny.frechetStage, steps: 2 };
  const refused = async (settings: object, message: RegExp, data = colours()) => {
    const out = join(folder, "refused");
    await expect(trainFlow(data, { ...micro, ...settings } as FlowSettings, { out, ...quiet })).rejects.toThrow(
      message,
    );
    expect(existsSync(out)).toBe(false);
  };
  await refused({ frechetStage }, /frechetStage is .* \(it is for models of one step; choose another objective\)/);
  await refused({ autoencoderFrom: "x" }, /autoencoderFrom is "x" \(a flow on pixels has neither autoencoder/);
  await refused({ from: start, space: "latent" }, /from is .* \(a model's file has no encoder/);
  const alpha = { kind: "alpha-flow", alpha: 1, anneal: 0.5, plain: 0 };
  await refused({ objective: alpha }, /objective.anneal is 0.5 \(an alpha of 1 does not fall/);
  await refused({ objective: { ...alpha, alpha: 0.1, plain: 1 } }, /objective.plain is 1/);
  const consistency = { kind: "consistency", base: 2, first: 3, last: 2 };
  await refused({ objective: consistency }, /objective.last is 2 \(must not be below first/);
  await refused({ objective: { kind: "flow", alpha: 1 } }, /objective is .*alpha/);
  await refused({ from: start, generator: { ...micro.generator, condition: 8 } }, /has another shape/);
  const others = { ...colours(), classNames: ["a", "b", "c"] };
  await refused({ from: start }, /has other classes/, others);
});
