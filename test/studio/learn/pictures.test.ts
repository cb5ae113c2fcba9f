import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { loadModel } from "../../../src/methods/load.js";
import {
  keptPictures,
  PicturesLearner,
  type PicturesQuality,
  type PicturesShown,
  type PicturesStep,
  type PicturesWatch,
  SHEET,
} from "../../../studio/src/learn/engine/pictures.js";
import { type PicturesData, pageSettings, pictureDataset } from "../../../studio/src/learn/engine/pictures-data.js";
import {
  type PicturesMessage,
  type PicturesRequest,
  servePictures,
} from "../../../studio/src/learn/engine/pictures-serve.js";
import { memoryStore, type Store } from "../../../studio/src/learn/engine/store.js";

const compute = { device: "wasm", threads: 1 } as const;
/** Bright squares, left (class 0) or right (class 1), of 8×8 pixels. */
function squares(count: number, labelled = true): PicturesData {
  const pixels = new Float32Array(count * 64).fill(-1);
  const labels = Uint16Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < count; i++)
    for (let y = 2; y < 6; y++)
      for (let x = 0; x < 3; x++) pixels[i * 64 + y * 8 + x + 5 * labels[i]] = 1 - (i % 7) / 10;
  return {
    pixels,
    count,
    channels: 1,
    size: 8,
    name: "squares",
    ...(labelled && { labels, classNames: ["left", "right"] }),
  };
}

const learners: PicturesLearner[] = [];
afterEach(async () => {
  for (const one of learners.splice(0)) await one.release();
});
const begin = async (store: Store = memoryStore(), { effort = 0.01, data = squares(60) } = {}) => {
  const one = await PicturesLearner.begin({ data, seed: 3, effort }, store, compute);
  learners.push(one);
  return one;
};
const goOn = async (store: Store) => {
  const one = await PicturesLearner.goOn(store, compute);
  learners.push(one);
  return one;
};
/** Trains until `enough` says so of a step. */
async function trainUntil(one: PicturesLearner, enough: (step: PicturesStep) => boolean, watch: PicturesWatch = {}) {
  const end = new AbortController();
  await one.train(end.signal, { ...watch, step: (step) => enough(step) && end.abort() });
}
const endOfLatent = ({ stage, stageStep, steps }: PicturesStep) => stage === "latent" && stageStep === steps;
const weights = async (one: PicturesLearner) =>
  new Uint8Array(await (await one.export())["model.safetensors"].arrayBuffer());

test("samples come to look like the pictures, and the figure falls towards its floor", async () => {
  const one = await begin(memoryStore(), { effort: 0.1 });
  const shown: PicturesShown[] = [];
  const figures: PicturesQuality[] = [];
  const watch = {
    shown: (sheet: PicturesShown) => void shown.push(sheet),
    quality: (figure: PicturesQuality) => void figures.push(figure),
    every: { shown: 1e6, quality: 1e6 },
  };
  await trainUntil(one, endOfLatent, watch);
  shown.push(await one.show());
  figures.push(await one.measure());
  expect(shown[0].kind).toBe("copies");
  const last = shown.at(-1)!;
  expect(last).toMatchObject({ kind: "samples", count: SHEET });
  expect(last.pixels.length).toBe(SHEET * 64);
  const bright = (i: number, from: number) => {
    let sum = 0;
    for (let y = 2; y < 6; y++) for (let x = from; x < from + 3; x++) sum += last.pixels[i * 64 + y * 8 + x];
    return sum;
  };
  let right = 0;
  for (let i = 0; i < SHEET; i++) right += bright(i, 5) > bright(i, 0) === (last.labels![i] === 1) ? 1 : 0;
  expect(right / SHEET).toBeGreaterThan(0.9);
  const end = figures.at(-1)!;
  expect(end.distance).toBeLessThan(figures[0].distance * 0.7);
  expect(end.distance).toBeGreaterThan(end.floor);
  expect(end.interval[0]).toBeLessThan(end.distance);
  expect(end.interval[1]).toBeGreaterThan(end.distance);
  expect(one.history).toEqual(figures);
});

test("a training that was paused, and one that another page goes on with, ends bit for bit as one in one go", async () => {
  const whole = await begin();
  await whole.train();
  const wanted = await weights(whole);

  const store = memoryStore();
  const paused = await begin(store);
  /** Watching changes nothing. */
  const watch = { shown() {}, quality() {}, every: { shown: 0, quality: 0 } };
  await trainUntil(paused, ({ stage, stageStep }) => stage === "autoencoder" && stageStep === 2, watch);
  await paused.again();
  await trainUntil(paused, ({ stage, stageStep }) => stage === "latent" && stageStep === 2, watch);
  expect(await keptPictures(store)).toMatchObject({
    name: "squares",
    finished: false,
    position: { stage: "latent", stageStep: 2 },
  });
  const reloaded = await goOn(store);
  await trainUntil(reloaded, ({ stage, stageStep }) => stage === "joint" && stageStep === 1);
  const again = await goOn(store);
  expect(await again.train()).toBe("finished");
  expect(await weights(again)).toEqual(wanted);
  expect(await keptPictures(store)).toMatchObject({ finished: true });
  const afterwards = await goOn(store);
  expect(await afterwards.train()).toBe("finished"); // no step is left
  expect(await weights(afterwards)).toEqual(wanted);
});

test("the exported folder is a model: it draws, to the pixel, what the page shows", async () => {
  const one = await begin();
  const during: Promise<Uint8Array>[] = [];
  const end = new AbortController();
  await one.train(end.signal, {
    step({ stage, stageStep }) {
      if (stage === "latent" && stageStep === 2) during.push(weights(one));
      if (stage === "latent" && stageStep === 3) end.abort();
    },
  });
  expect((await during[0]).length).toBeGreaterThan(1000);
  const folder = mkdtempSync(join(tmpdir(), "fewstep-learn-"));
  try {
    for (const [name, blob] of Object.entries(await one.export()))
      writeFileSync(join(folder, name), new Uint8Array(await blob.arrayBuffer()));
    const model = await loadModel(folder, { kind: "image", freeze: false, ...compute });
    expect(model.config.name).toBe("squares");
    expect(model.config.training).toMatchObject({ stage: "latent", settings: { jointStage: { steps: 3 } } });
    const { pixels, labels } = await one.show();
    const label = Array.from(labels!, (i) => ["left", "right"][i]);
    expect((await model.sample({ count: SHEET, label, seed: 1 })).pixels).toEqual(pixels);
    await model.release();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("there is nothing to export before there is a generator, and nothing to go on with in an empty store", async () => {
  const one = await begin();
  await expect(one.export()).rejects.toThrow("nothing to export yet");
  await expect(PicturesLearner.goOn(memoryStore(), compute)).rejects.toThrow("No training is kept here");
});

test("pictures without classes, and in colour, train as well", async () => {
  const { pixels, ...rest } = squares(30, false);
  const colour = new Float32Array(pixels.length * 3);
  for (let i = 0; i < 30; i++)
    for (let c = 0; c < 3; c++) colour.set(pixels.subarray(i * 64, (i + 1) * 64), (i * 3 + c) * 64);
  const one = await begin(memoryStore(), { effort: 0.005, data: { ...rest, pixels: colour, channels: 3 } });
  expect(await one.train()).toBe("finished");
  expect(await one.show()).toMatchObject({ kind: "samples", labels: null });
});

describe("the data", () => {
  test("a tenth of every class is held out; the rest is learnt from, byte for byte", () => {
    const { train, test, classNames } = pictureDataset(squares(100));
    expect([train.count, test.count, classNames]).toEqual([90, 10, ["left", "right"]]);
    expect([...test.labels!].sort()).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect(train.pixels.length + test.pixels.length).toBe(6400);
    expect(Math.max(...train.pixels)).toBe(255);
    expect(Math.min(...train.pixels)).toBe(0);
  });

  test("a step takes as many pictures with one class as with two", () => {
    const samples = (data: PicturesData) =>
      pageSettings(pictureDataset(data), { seed: 1, effort: 1 }).latentStage.samples;
    expect(samples(squares(40, false))).toBe(2 * samples(squares(40)));
  });

  test("what cannot be learnt from is refused, with what is wrong", () => {
    const data = squares(30);
    for (const [change, message] of [
      [{ count: 29 }, "29 pictures of 8×8×1 have 1856 numbers, got 1920"],
      [{ size: 10 }, "multiple of 4 from 8 to 64, got 10"],
      [{ name: " " }, "need a name"],
      [{ labels: undefined }, "come together"],
      [{ labels: [0, 1] }, "30 pictures have as many labels, got 2"],
      [{ classNames: ["left"] }, "has the class 1, and there are 1"],
      [{ pixels: data.pixels.map((value, i) => (i === 70 ? 2 : value)) }, "got 2 in picture 1"],
      [squares(19), "at least 20 pictures, got 19"],
    ] as [Partial<PicturesData>, string][])
      expect(() => pictureDataset({ ...data, ...change })).toThrow(message);
    const dataset = pictureDataset(data);
    expect(() => pageSettings(dataset, { seed: 0.5, effort: 1 })).toThrow("seed must be a whole number, got 0.5");
    expect(() => pageSettings(dataset, { seed: 1, effort: 0 })).toThrow("effort must be a number above 0");
  });
});

test("the worker's side: kept, start, export, stop, a reload that resumes, forget", async () => {
  const store = memoryStore();
  const serve = () => {
    const { port1, port2 } = new MessageChannel();
    const messages: PicturesMessage[] = [];
    let wake = () => {};
    port2.onmessage = ({ data }) => {
      messages.push(data);
      wake();
    };
    void servePictures(port1 as never, { store, lasting: true });
    type Of<T> = Extract<PicturesMessage, { type: T }>;
    return {
      send: (request: PicturesRequest) => port2.postMessage(request),
      async until<T extends PicturesMessage["type"]>(type: T, fits = (_: Of<T>) => true): Promise<Of<T>> {
        for (;;) {
          const at = messages.findIndex((message) => message.type === type && fits(message as Of<T>));
          if (at >= 0) return messages.splice(0, at + 1).at(-1) as Of<T>;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      },
      close: () => port1.close(),
    };
  };
  const first = serve();
  expect(await first.until("kept")).toEqual({ type: "kept", kept: null, lasting: true });
  first.send({ type: "export" });
  expect(await first.until("state")).toMatchObject({
    state: "failed",
    message: expect.stringContaining("start or resume first"),
  });
  first.send({ type: "start", data: squares(40), seed: 3, effort: 0.01, compute });
  await first.until("shown", ({ shown }) => shown.kind === "copies");
  await first.until("step", ({ step }) => step.stage === "latent");
  first.send({ type: "export" });
  const { folder } = await first.until("model");
  expect(Object.keys(folder).sort()).toEqual(["config.json", "model.safetensors"]);
  first.send({ type: "stop" });
  await first.until("state", ({ state }) => state === "stopped");
  first.close();

  const second = serve();
  expect(await second.until("kept")).toMatchObject({ kept: { name: "squares" } });
  second.send({ type: "resume", compute });
  await second.until("state", ({ state }) => state === "finished");
  second.send({ type: "forget" });
  await second.until("state", ({ state }) => state === "stopped");
  expect(await keptPictures(store)).toBeNull();
  second.close();
});
