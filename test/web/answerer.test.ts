import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type * as Fewstep from "../../src/browser.js";
import { sceneImages, scenes } from "../../src/data/scenes/index.js";
import { VisionLanguageModel } from "../../src/methods/vision-language/model.js";
import { openStandalone, root } from "./site.js";

declare const fewstep: typeof Fewstep;

const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7];
const data = scenes();
const skills = ["colour", "count", "position", "digit", "chart", "odd", "relation", "arithmetic"] as const;
const probes = skills.map((skill) => data.probe("test", skill, 3));
const questions = probes.map(({ question }) => question.text);
const images = sceneImages(probes.map(({ scene }) => scene));
const shown = probes.map((_, i) => [...images.at(i).toRgba()]);

let standalone: Awaited<ReturnType<typeof openStandalone>>;
let page: Page;
let said: string[];
/** What Node says to each question, and to the last one when it draws. */
let expected: { text: string; probability: number | null }[];
let drawn: string[];

beforeAll(async () => {
  const script = 'import * as fewstep from "/fewstep/fewstep.js"; globalThis.fewstep = fewstep;';
  standalone = await openStandalone(`<script type="module">${script}</script>`);
  const model = await VisionLanguageModel.load(join(root, "models/seer"), { device: "wasm" });
  expected = (await model.answer({ images, questions })).map(([answer]) => answer);
  drawn = [];
  for (const seed of SEEDS) {
    const asked = { images: images.at(7), questions: questions.slice(7), temperature: 3, seed };
    drawn.push((await model.answer(asked))[0][0].text);
  }
  await model.release();
  ({ page, said } = await standalone.open());
  await page.waitForFunction("globalThis.fewstep");
}, 240_000);
afterAll(() => standalone?.close());

/** Asks every question, each about its own picture, in the browser. */
const askAll = (options: object, most = questions.length) =>
  page.evaluate(
    async ({ options, shown, questions, seeds, last8 }) => {
      const files: string[] = [];
      const onProgress = ({ task, done, total }: { task: string; done: number; total: number | null }) =>
        void (done === total && files.push(task));
      const seer = await fewstep.createAnswerer("models/seer", { ...options, onProgress });
      const { device, worker, name, kind, words, image } = seer;
      const told = [];
      for (const [i, question] of questions.entries()) {
        const spoken: Fewstep.SpokenWord[] = [];
        const picture = new ImageData(Uint8ClampedArray.from(shown[i]), 48, 48);
        const answer = await seer.ask(picture, question, {}, { onWord: (word) => void spoken.push(word) });
        told.push({ ...answer, spoken });
      }
      const last = new ImageData(Uint8ClampedArray.from(shown[7]), 48, 48);
      const drawn = [];
      for (const seed of seeds) drawn.push((await seer.ask(last, last8, { temperature: 3, seed })).text);
      await seer.dispose();
      return { device, worker, name, kind, words: words.length, image, told, drawn, files };
    },
    {
      ...{ options, shown, questions: questions.slice(0, most), last8: questions[7] },
      seeds: most < questions.length ? [] : SEEDS,
    },
  );

test.each<[string, { device: string; worker?: boolean; cache?: boolean }]>([
  ["in a worker", { device: "wasm" }],
  ["in the page", { device: "wasm", worker: false, cache: false }],
])("%s a page is told the answers that Node gives, word for word", async (_, options) => {
  const { told, drawn: chosen, files, ...info } = await askAll(options);
  expect(info).toEqual({
    ...{ device: options.device, worker: options.worker ?? true, name: "seer", kind: "answer", words: 73 },
    image: { height: 48, width: 48, channels: 3 },
  });
  expect(told.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  for (const [i, { probability, ms, spoken }] of told.entries()) {
    expect(spoken.map(({ text }) => text).join(" ")).toBe(expected[i].text);
    const times = [0, ...spoken.map((word) => word.ms), ms];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(spoken.reduce((all, word) => all * word.probability, 1)).toBeGreaterThanOrEqual(probability! - 1e-6);
    expect(probability).toBeCloseTo(expected[i].probability!, 2);
  }
  expect(new Set(drawn).size).toBeGreaterThan(2);
  expect(chosen).toEqual(drawn);
  if (options.cache === false) expect(files.some((file) => file.includes("model.safetensors"))).toBe(true);
  expect(said).toEqual([]);
});

test("WebGPU answers the same", async () => {
  const { told, device } = await askAll({ device: "webgpu" }, 2); // two: here it is a GPU made of a processor
  expect(told.map(({ text }) => text)).toEqual(expected.slice(0, 2).map(({ text }) => text));
  expect(device).toBe("webgpu");
});

test("its files are kept: a second visit fetches none of them", async () => {
  standalone.site.requests.splice(0);
  await askAll({ device: "wasm" });
  const asked = standalone.site.requests.filter((request) => request.includes("/models/seer/"));
  expect(asked.sort()).toEqual(["HEAD /models/seer/config.json", "HEAD /models/seer/model.safetensors"]);
});

test("what cannot be asked is refused by a sentence, an abort comes with its reason, and a model that draws is none", async () => {
  const result = await page.evaluate(async (shown) => {
    const file = async (name: string) => (await fetch(`models/seer/${name}`)).blob();
    const [config, weights] = [await file("config.json"), await file("model.safetensors")];
    const seer = await fewstep.createAnswerer({ "config.json": config, "model.safetensors": weights });
    const picture = new ImageData(Uint8ClampedArray.from(shown), 48, 48);
    const why = (promise: Promise<unknown>) =>
      promise.then(
        () => "no error",
        (error) => (error instanceof fewstep.OptionError ? `OptionError: ${error.message}` : `${error?.name ?? error}`),
      );
    const ask = (...args: unknown[]) => (seer.ask as (...args: unknown[]) => Promise<unknown>)(...args);
    const controller = new AbortController();
    controller.abort("not needed any more");
    const where = "where is the ring";
    const reasons = {
      word: await why(ask(picture, "where is the zebra")),
      size: await why(ask(new ImageData(8, 8), where)),
      none: await why(ask("cat.png", where)),
      option: await why(ask(picture, where, { count: 3 })),
      temperature: await why(ask(picture, where, { temperature: -1 })),
      context: await why(ask(picture, where, {}, { onword: () => {} })),
      abort: await why(ask(picture, where, {}, { signal: controller.signal })),
      drawer: await why(
        fewstep.createAnswerer("models/drifting-fashion").catch(({ message }) => Promise.reject(message)),
      ),
      generator: await why(fewstep.createGenerator("models/seer").catch(({ message }) => Promise.reject(message))),
      maker: await why(fewstep.createAnswerer("models/seer", { kind: "image" } as object)),
      source: await why(fewstep.createAnswerer("")),
    };
    const late = why(ask(picture, where));
    await seer.dispose();
    return { ...reasons, late: await late, after: await why(ask(picture, where)) };
  }, shown[0]);
  expect(result).toEqual({
    word: expect.stringMatching(/^OptionError: The model does not know the word "zebra"; it knows 0, 1, /),
    size: "OptionError: seer looks at pictures of 48×48×3, got 8×8×3.",
    none: expect.stringMatching(/^OptionError: Pictures are Pictures, an ImageData or a list of them, got /),
    option: 'OptionError: asking seer takes no "count"; it takes temperature, seed.',
    temperature: "OptionError: temperature must be a number in [0, 10], got -1.",
    context: 'OptionError: asking seer takes no "onword"; did you mean "onWord"? It takes onWord, signal.',
    abort: "not needed any more",
    drawer: expect.stringContaining('a "drifting" model answers no questions about pictures'),
    generator: expect.stringContaining("draws nothing: it answers questions about pictures (fewstep ask, or"),
    maker: expect.stringMatching(/^OptionError: createAnswerer takes no "kind"/),
    source: expect.stringMatching(/^OptionError: An answerer is made of a model folder's URL, .*got ""/),
    late: "AbortError",
    after: "AbortError",
  });
});
