import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type SceneDataset, sceneImages, scenes } from "../../../src/data/scenes/index.js";
import type { Scene, Thing } from "../../../src/data/scenes/scene.js";
import { Images } from "../../../src/media/images.js";
import { loadModel } from "../../../src/methods/load.js";
import { VisionLanguageModel } from "../../../src/methods/vision-language/model.js";
import { answerLoss, sequences } from "../../../src/methods/vision-language/objective.js";
import { wordsOf } from "../../../src/methods/vision-language/questions.js";
import { answerOf, drawToken, Writing } from "../../../src/methods/vision-language/sampler.js";
import { presets, visionLanguageSettings } from "../../../src/methods/vision-language/settings.js";
import { visionLanguageShape } from "../../../src/methods/vision-language/shape.js";
import { trainVisionLanguage } from "../../../src/methods/vision-language/train.js";
import { Random } from "../../../src/random/index.js";
import { compile } from "../../../src/runtime/index.js";
import { madeModel, micro } from "./made.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-vision-language-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const made = madeModel();
const options = { device: "cpu", threads: 1 } as const;
const model = new VisionLanguageModel(made, options);
afterAll(() => model.release());
const data = scenes();
const probes = Array.from({ length: 5 }, (_, i) => data.probe("test", "colour", i));
const images = sceneImages(probes.map(({ scene }) => scene));
const questions = probes.map(({ question }) => question.text);

test("exchanges become what is read, what follows, and where that counts", () => {
  const { tokens, next, counted } = sequences(
    [
      { question: [7, 8], answer: [9] },
      { question: [5], answer: [6, 4] },
    ],
    5,
  );
  expect([...tokens]).toEqual([7, 8, 1, 9, 0, 5, 1, 6, 4, 0]);
  expect([...next]).toEqual([8, 1, 9, 0, 0, 1, 6, 4, 0, 0]);
  expect([...counted]).toEqual([0, 0, 1, 1, 0, 0, 1, 1, 1, 0]);
  expect(() => sequences([{ question: [2, 3, 4], answer: [5] }], 4)).toThrow("has 5 tokens, more than 4");
  const full = sequences([{ question: [5], answer: [6, 4], ended: false }], 3); // the last token is only foretold
  expect([...full.tokens, ...full.next, ...full.counted]).toEqual([5, 1, 6, 1, 6, 4, 0, 1, 1]);
});

test("the loss is the mean of what the tokens that count cost", async () => {
  const int = (shape: number[]) => ({ shape, dtype: "int32" as const });
  const inputs = { logits: [1, 2, 2], next: int([1, 2]), counted: [1, 2] };
  const program = compile(inputs, ({ logits, next, counted }) => answerLoss(logits, next, counted), options);
  const lossOf = async (counted: number[]) =>
    (
      await program.run({
        logits: Float32Array.of(0, 0, 0, Math.log(3)),
        next: Int32Array.of(0, 1),
        counted: Float32Array.from(counted),
      })
    ).loss[0];
  expect(await lossOf([1, 1])).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
  expect(await lossOf([0, 1])).toBeCloseTo(Math.log(4 / 3), 6);
  await program.release();
});

test("several questions about a picture are answered as each alone; a word sees none that comes after it", async () => {
  const { length, words } = made.shape;
  const run = async (pictures: number, tokens: Int32Array, pixels: Float32Array) => {
    const inputs = {
      images: [pictures, 3, 48, 48],
      tokens: { shape: [tokens.length / length, length], dtype: "int32" as const },
    };
    const program = compile(inputs, ({ images, tokens }) => ({ logits: made.net(images, tokens) }), options);
    const { logits } = await program.run({ images: pixels, tokens });
    await program.release();
    return logits;
  };
  const random = new Random(3);
  const rows = Int32Array.from({ length: 4 * length }, () => random.integer(words.length + 2));
  const two = images.pixels.slice(0, 2 * 3 * 48 * 48);
  const together = await run(2, rows, two);
  const half = two.slice(0, two.length / 2);
  const states = words.length + 2;
  const second = await run(1, rows.slice(length, 2 * length), half);
  const from = length * states;
  const apart = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  expect(apart(together.slice(from, 2 * from), second)).toBeLessThan(1e-4);
  expect(apart(together.slice(2 * from, 3 * from), second)).toBeGreaterThan(1e-2); // of the other picture
  const changed = rows.slice(length, 2 * length);
  changed[9] = (changed[9] + 1) % states;
  const after = await run(1, changed, half);
  expect(apart(after.slice(0, 9 * states), second.slice(0, 9 * states))).toBeLessThan(1e-5);
  expect(apart(after.slice(9 * states), second.slice(9 * states))).toBeGreaterThan(1e-3);
});

test("the likeliest token is taken at temperature 0, and as often as it is likely at 1", () => {
  const logits = Float32Array.of(0, Math.log(6), Math.log(3));
  expect(drawToken(logits, 0, new Random(0))).toEqual({ token: 1, probability: expect.closeTo(0.6) });
  const counts = (temperature: number) => {
    const random = new Random(1);
    const found = [0, 0, 0];
    for (let i = 0; i < 2000; i++) found[drawToken(logits, temperature, random).token]++;
    return found.map((n) => n / 2000);
  };
  for (const [i, share] of [0.1, 0.6, 0.3].entries()) expect(Math.abs(counts(1)[i] - share)).toBeLessThan(0.04);
  const sharper = [1, 36, 9].map((weight) => weight / 46);
  for (const [i, share] of sharper.entries()) expect(Math.abs(counts(0.5)[i] - share)).toBeLessThan(0.04);
});

test("answers are written until they end, or there is no more room", () => {
  const writing = new Writing([[5, 1], [1]], 4);
  const say = (...tokens: number[]) =>
    writing.step(new Float32Array(2 * 4 * 9), (_, row) => ({ token: tokens[row], probability: 0.5 }));
  say(7, 8);
  expect([...writing.tokens]).toEqual([5, 1, 7, 0, 1, 8, 0, 0]);
  say(0, 8);
  expect(writing.done).toBe(false);
  say(3, 8);
  say(3, 6);
  expect(writing.done).toBe(true);
  expect(writing.drawn.map(answerOf)).toEqual([
    { tokens: [7], ended: true, probability: 0.25 },
    { tokens: [8, 8, 8, 6], ended: false, probability: 0.0625 },
  ]);
  const logits = Float32Array.from({ length: 2 * 3 * 2 }, (_, i) => i);
  const seen: number[][] = [];
  new Writing([[5, 1], [1]], 3).step(logits, (own) => {
    seen.push([...own]);
    return { token: 0, probability: 1 };
  });
  expect(seen).toEqual([
    [2, 3], // of the row's second token
    [6, 7],
  ]);
});

describe("a model", () => {
  test("answers each question, alone as among others; drawn answers follow the seed", async () => {
    const all = await model.answer({ images, questions });
    expect(all.map((answers) => answers.length)).toEqual([1, 1, 1, 1, 1]);
    const [alone] = await model.answer({ images: images.at(3), questions: [`${questions[3].toUpperCase()} ?`] });
    expect(alone[0].text).toBe(all[3][0].text);
    expect(alone[0].probability).toBeCloseTo(all[3][0].probability!, 4);
    const drawn = (seed: number, count: number) =>
      model.answer({ images: images.at(0), questions: questions.slice(0, 1), temperature: 1, seed, count });
    const [eight] = await drawn(1, 8);
    expect(await drawn(1, 8)).toEqual([eight]);
    expect((await drawn(1, 3))[0].map(({ text }) => text)).toEqual(eight.slice(0, 3).map(({ text }) => text));
    expect(new Set(eight.map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(await drawn(2, 8)).not.toEqual([eight]);
    const one = await model.answer({
      images: images.at(0),
      questions: ["where is the ring", "how many rings are there"],
    });
    expect(one.length).toBe(2);
  });

  test("tells each word as it is written; of more answers than are written at once too", async () => {
    const spoken = (n: number) => Array.from({ length: n }, () => [] as { word: string; probability: number }[]);
    const each = Array.from({ length: questions.length }, () => spoken(120));
    const asked = { images, questions, temperature: 1, count: 120 };
    const all = await model.answer(asked, {
      onWord: ({ question, answer, ...one }) => each[question][answer].push(one),
    });
    expect(each.map((own) => own.map((words) => words.map(({ word }) => word).join(" ")))).toEqual(
      all.map((own) => own.map(({ text }) => text)),
    );
    for (const [i, { probability }] of all[4].entries())
      expect(each[4][i].reduce((all, one) => all * one.probability, 1)).toBeGreaterThanOrEqual(probability! - 1e-9);
    await expect(model.answer({ images, questions }, { onword: () => {} } as object)).rejects.toThrow('mean "onWord"');
  });

  test.each([
    [{ questions: ["how many zebras are there"] }, /does not know the word "zebras"; it knows 0, 1, .*yes\./],
    [{ questions: ["what color is the ring"] }, /does not know the word "color" \(is "colour" meant\?\)/],
    [{ questions: ["?"] }, /A question has words, got "\?"/],
    [{ questions: [3] }, /A question is a text, got 3/],
    [{ questions: [] }, /questions are a list of texts/],
    [{ questions: [new Array(14).fill("ring").join(" ")] }, /has 14 words; the model reads 13 at most/],
    [{ questions: ["where is the ring", "where is the cross"] }, /5 pictures and 2 questions/],
    [{ images: new Images(new Float32Array(3 * 64), 1, 3, 8, 8) }, /looks at pictures of 48×48×3, got 8×8×3/],
    [{ images: null }, /images are Images, got null/],
    [{ temperature: -1 }, /temperature must be a number in \[0, 10\], got -1/],
    [{ count: 0 }, /count must be a whole number/],
    [{ tempreature: 1 }, /did you mean "temperature"/],
  ])("refuses %o", async (wrong, message) => {
    await expect(model.answer({ images, questions, ...(wrong as object) })).rejects.toThrow(message);
  });

  test("is refused as a shape that cannot be", () => {
    const parse = (change: object) =>
      visionLanguageShape.safeParse({ ...made.shape, ...change }).error?.issues[0].message;
    expect(parse({})).toBeUndefined();
    expect(parse({ image: { height: 47, width: 48, channels: 3 } })).toBe("height must be a multiple of 8");
    expect(parse({ words: ["a", "a"] })).toBe("a word stands there twice");
    expect(parse({ words: ["a b"] })).toBe("words have no spaces");
    expect(parse({ width: 18, heads: 3 })).toBe("width must be a multiple of 4");
    expect(parse({ heads: 3 })).toMatch(/^heads must divide width/);
  });

  test("questions are read without capitals and marks", () => {
    expect(wordsOf(" Where is the RING?  ")).toEqual(["where", "is", "the", "ring"]);
  });
});

describe("training", () => {
  // Nine alike, so that every patch tells the two pictures apart and few steps suffice
  const alike = (change: Partial<Thing>) =>
    Array.from(
      { length: 9 },
      (_, place): Thing => ({ shape: "circle", colour: "red", size: "large", place, offset: [0, 0], ...change }),
    );
  const sceneOf = (change: Partial<Thing>): Scene => ({
    ...{ things: alike(change), digits: [], bars: [], ground: 10, grain: 1 },
  });
  const asked = (change: Partial<Thing>, color: string, shape: string) => ({
    scene: sceneOf(change),
    questions: [
      { skill: "colour", program: { op: "colour", of: {} }, text: "what colour is the thing", answer: color },
      { skill: "shape", program: { op: "shape", of: {} }, text: "what shape is the thing", answer: shape },
      { skill: "position", program: { op: "place", of: {} }, text: "where is the thing", answer: "centre" },
    ] as const,
  });
  const lessons = [asked({}, "red", "circle"), asked({ colour: "blue", shape: "cross" }, "blue", "cross")];
  const two = { ...data, lesson: ({ index }: { index: number }) => lessons[index % 2] } as unknown as SceneDataset;

  test("learns by heart what it is shown, and the folder loads: one question has two answers by the picture", async () => {
    const out = join(root, "two");
    const training = { ...micro.training, steps: 120, lr: 0.01, emaDecay: 0.9 };
    const run = await trainVisionLanguage(two, { ...micro, training }, { out, threads: 1, sampleEvery: 0 });
    expect(run.status).toBe("finished");
    await using learnt = await VisionLanguageModel.load(out, { device: "cpu", threads: 1 });
    const shown = sceneImages(lessons.map(({ scene }) => scene));
    const say = async (question: string) =>
      (await learnt.answer({ images: shown, questions: [question] })).map(([{ text }]) => text);
    expect(await say("what colour is the thing")).toEqual(["red", "blue"]);
    expect(await say("what shape is the thing")).toEqual(["circle", "cross"]);
    await expect(loadModel(out)).rejects.toThrow(
      "draws nothing: it answers questions about pictures (fewstep ask, or createAnswerer",
    );
  });

  test("what leaves nothing to learn, and words that there are not, are refused", async () => {
    const none = Object.fromEntries(Object.keys(micro.mixture).map((skill) => [skill, 0])) as typeof micro.mixture;
    const train = (change: object) => trainVisionLanguage(data, { ...micro, ...change }, { out: join(root, "none") });
    await expect(train({ mixture: none })).rejects.toThrow("there is nothing to learn");
    await expect(train({ without: ["zebra"] })).rejects.toThrow('without names "zebra", which is no word of scenes');
  });
});

test("the preset small is what the shipped model was trained by, as its card says", () => {
  const shipped = (file: string) => readFileSync(join("models/seer", file), "utf8");
  expect(presets.small).toEqual(visionLanguageSettings.parse(JSON.parse(shipped("config.json")).training.settings));
  expect(shipped("README.md")).toContain(
    "`fewstep train vision-language --data scenes --preset small --threads 1 --name seer --out runs/seer`",
  );
});
