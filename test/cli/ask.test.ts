import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sceneImages, scenes } from "../../src/data/scenes/index.js";
import { decodeImage } from "../../src/io/index.js";
import { writeModel } from "../../src/models/files.js";
import { madeModel } from "../methods/vision-language/made.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-ask-"));
const [model, picture, large] = ["model", "picture.png", "large.png"].map((name) => join(root, name));
const fewstep = inProcess(join(root, "cache"));
const ask = (...args: string[]) => fewstep(["ask", model, "--device", "cpu", "--image", picture, ...args]);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  const { config, parameters } = madeModel();
  await writeModel(model, { config, weights: parameters.toRecord() });
  const shown = sceneImages([scenes().probe("test", "count", 1).scene]);
  await shown.save(picture);
  await shown.save(large, { scale: 4 });
});

test("a picture is asked about: answers on stdout, several drawn, or one JSON document", async () => {
  const one = await ask("--question", "How many rings are there?");
  expect([one.code, one.stderr]).toEqual([0, ""]);
  expect(one.stdout).toMatch(/^.+ {2}\([\d.]+ %\)\n$/);
  const drawn = await ask("--question", "where is the ring", "--count", "6", "--json");
  const told = JSON.parse(drawn.stdout);
  expect(told).toMatchObject({
    image: picture,
    from: { width: 48, height: 48 },
    scaled: false,
    temperature: 1,
    seed: 0,
  });
  expect(told.questions[0].answers).toHaveLength(6);
  expect((await ask("--question", "where is the ring", "--count", "6", "--json")).stdout).toBe(drawn.stdout);
});

test("what is asked about can be looked at, in a row for each skill", async () => {
  const sheet = join(root, "sheet.png");
  const { code, stderr } = await fewstep(["data", "check", "scenes", "--out", sheet]);
  expect([code, stderr]).toEqual([0, expect.stringContaining(`Pictures: ${sheet}`)]);
  const { width, height } = await decodeImage(sheet);
  expect(width / height).toBeCloseTo(16 / 12, 1);
});

test("a picture of another size is scaled, which is said", async () => {
  const { code, stderr, stdout } = await fewstep(["ask", model, "--image", large, "--question", "where is the ring"]);
  expect([code, stderr]).toEqual([0, `${large} is scaled from 192×192 to the model's 48×48 pixels.\n`]);
  const words = (text: string) => text.split("  (")[0];
  expect(words(stdout)).toBe(words((await ask("--question", "where is the ring")).stdout));
});

test("a picture of another shape is shown whole, with dark bars, which is said", async () => {
  const wide = join(root, "wide.png");
  const side = { width: 300, height: 100, channels: 3 as const };
  const plain = await sharp({ create: { ...side, background: "#222" } })
    .png()
    .toBuffer();
  const dot = await sharp({ create: { width: 60, height: 60, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const question = ["--question", "where is the ring", "--json"];
  const said = [];
  for (const at of [null, 5]) {
    await sharp(plain)
      .composite(at === null ? [] : [{ input: dot, left: at, top: 20 }])
      .toFile(wide);
    const { stderr, stdout } = await fewstep(["ask", model, "--image", wide, ...question]);
    expect(stderr).toBe(`${wide} is scaled from 300×100 to the model's 48×48 pixels, with dark bars beside it.\n`);
    said.push(JSON.parse(stdout).questions[0].answers[0].probability);
  }
  expect(said[0]).not.toBe(said[1]); // what stands at the left edge is seen
});

test.each([
  [["--question", "how many zebras are there"], 'does not know the word "zebras"; it knows 0, 1,'],
  [["--question", "where is the ring", "--seed", "3"], "has no use for --seed"],
  [["--question", "where is the ring", "--temperature", "0", "--count", "3"], "all answers are the same"],
  [["--question", "where is the ring", "--temperature", "-1"], "temperature must be a number in [0, 10], got -1"],
  [[], "required option '--question"],
])("%j is wrong use", async (args, message) => {
  const { code, stderr } = await ask(...args);
  expect([code, stderr.includes(message), stderr]).toEqual([2, true, stderr]);
});

test("a picture that is not there, and models of another kind, are wrong use", async () => {
  const other = await fewstep([
    "ask",
    "classifier-fashion-mnist",
    "--image",
    picture,
    "--question",
    "where is the ring",
  ]);
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("answers no questions about pictures")]);
  const none = await fewstep(["ask", model, "--image", join(root, "none.png"), "--question", "where is the ring"]);
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("There is no file")]);
  const sample = await fewstep(["sample", model]);
  expect([sample.code, sample.stderr]).toEqual([2, expect.stringContaining("it answers questions about pictures")]);
});

test("it is measured and diagnosed on questions of each skill, as a table and as one JSON document", async () => {
  const measured = await fewstep(["eval", model, "--count", "8", "--json"]);
  const { skills, ...about } = JSON.parse(measured.stdout);
  expect(about).toMatchObject({ model: "made", data: "scenes", seed: 0 });
  expect(skills).toHaveLength(12);
  expect(skills[0]).toMatchObject({ skill: "colour", n: 8 });
  const page = join(root, "a.html");
  const diagnosed = await fewstep(["diagnose", model, "--count", "20", "--report", page]);
  expect([diagnosed.code, diagnosed.stderr]).toEqual([0, expect.stringContaining("20 fresh questions of each skill")]);
  expect(diagnosed.stdout).toContain("perception");
  const steps = await fewstep(["eval", model, "--steps", "2"]);
  expect([steps.code, steps.stderr]).toEqual([2, expect.stringContaining("--steps would have no effect")]);
  expect(readFileSync(page, "utf8")).toMatch(/<td>colour<\/td>.*Some wrong answers.*data:image\/png;base64,/s);
});
