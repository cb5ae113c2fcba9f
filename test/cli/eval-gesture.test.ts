import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawVoices } from "../../src/data/dialogue/conversations.js";
import { RELATIONS } from "../../src/data/dialogue-dataset.js";
import { writeWav } from "../../src/io/sound-write.js";
import { Gestures } from "../../src/media/gestures.js";
import { writeModel } from "../../src/models/files.js";
import { fromGesture } from "../../src/motion/index.js";
import * as nn from "../../src/nn/index.js";
import { madeModel } from "../methods/dyadic/made.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-eval-gesture-"));
const [data, model] = [join(root, "data"), join(root, "model")];
const fewstep = inProcess(join(root, "cache"));
const run = (...args: string[]) => fewstep(["eval", model, "--device", "cpu", ...args]);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  const told: Record<string, object> = {};
  for (const part of ["train", "test"]) {
    mkdirSync(join(data, part), { recursive: true });
    for (let i = 0; i < 4; i++) {
      const name = `${part}-${i}`;
      const { conversation, sounds } = drawVoices({ seconds: 2, relation: i, seed: i + (part === "test" ? 9 : 0) });
      const [a, b] = conversation.people.map(({ gesture }) => fromGesture(gesture!, 30));
      await writeWav(join(data, part, `${name}.wav`), sounds);
      await new Gestures([[a, b]]).save(join(data, part, `${name}.bvh`));
      told[`${part}/${name}`] = { relation: RELATIONS[i] };
    }
  }
  writeFileSync(join(data, "dialogues.json"), JSON.stringify(told));
  const { config, net } = madeModel();
  await writeModel(model, { config: { ...config, training: { data } }, weights: nn.join(net).toRecord() });
});

test("a model of gestures is measured on its dialogues: a table, and one JSON document", async () => {
  const { code, stdout, stderr } = await run("--count", "8", "--steps", "1");
  expect(code, stderr).toBe(0);
  // 15 tokens in windows of 8 that overlap by half: 3 of them, each once with and once without what is known
  expect(stderr).toContain("made: 8 people, 6 network evaluations each, against");
  for (const text of ["real people", "shuffled", "mean pose", "FD static", "Coupling with own voice", "Relation told"])
    expect(stdout).toContain(text);
  const json = await run("--count", "8", "--steps", "1,2", "--guidance", "1", "--json");
  expect(json.code, json.stderr).toBe(0);
  const list = JSON.parse(json.stdout);
  expect(list.map(({ nfe, count }: { nfe: number; count: number }) => [nfe, count])).toEqual([
    [3, 8],
    [6, 8],
  ]);
  expect(list[0].figures[0]).toEqual({
    ...{ name: expect.any(String), value: expect.any(Number), real: expect.any(Number) },
    ...{ shuffled: expect.any(Number), meanPose: expect.any(Number) },
  });
  const again = await run("--count", "8", "--steps", "1", "--guidance", "1", "--json");
  expect(JSON.parse(again.stdout)).toEqual(list[0]);
});

test.each([
  [["--count", "4"], "a whole number of at least 8"],
  [["--judge", "x"], "draws gestures; leave out --judge"],
  [["--features", "pixel-pca"], "draws gestures; leave out --features"],
  [["--relation", "friend"], "which tell relation themselves"],
  [["--people", "first"], "which tell people themselves"],
  [["--seconds", "1"], "which tell seconds themselves"],
  [["--guidance", "99"], "guidance"],
  [["--data", "nowhere"], "neither a data set's name"],
])("%j is refused before anything is drawn", async (args, message) => {
  const { code, stderr, stdout } = await run(...args);
  expect([code, stdout], stderr).toEqual([2, ""]);
  expect(stderr).toContain(message);
});
