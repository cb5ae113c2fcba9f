import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resolveMotion } from "../../src/data/index.js";
import { presets } from "../../src/judges/motion/settings.js";
import { trainMotionJudge } from "../../src/judges/motion/train.js";
import { Motions } from "../../src/media/motions.js";
import type { MotionShape } from "../../src/methods/motion/shape.js";
import { writeModel } from "../../src/models/files.js";
import * as nn from "../../src/nn/index.js";
import { clipOf } from "../methods/motion/clips.js";
import { madeModel } from "../methods/motion/made.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-eval-motion-"));
const [data, model, judge] = [join(root, "data"), join(root, "model"), join(root, "judge")];
const stranger = join(root, "stranger");
const [UNKNOWN, LONG] = ["zigzag", "a person waves slowly and waves and waves"];
const fewstep = inProcess(join(root, "cache"));
const run = (...args: string[]) => fewstep(["eval", model, "--device", "cpu", ...args]);
afterAll(() => rmSync(root, { recursive: true, force: true }));

beforeAll(async () => {
  for (const part of ["train", "test"])
    for (const [name, speed, waves] of [
      ["walks", 1, false],
      ["waves", 0, true],
    ] as const) {
      const folder = join(data, part, name);
      mkdirSync(folder, { recursive: true });
      for (let i = 0; i < 17; i++) {
        const clip = clipOf({ frames: 24, speed: speed * (1 + i / 20), wave: () => waves });
        await new Motions([clip]).save(join(folder, `a person ${name} ${i}.bvh`));
      }
    }
  // What the model cannot read: no word that it knows, and more words than it reads
  for (const caption of [UNKNOWN, LONG])
    await new Motions([clipOf({ frames: 24, speed: 0, wave: () => true })]).save(
      join(data, "test", "waves", `${caption}.bvh`),
    );
  const dataset = await resolveMotion(data);
  const small = { ...presets.tiny, frames: 20, clips: 1, width: 8, features: 4, embedding: 4, batch: 16, steps: 20 };
  await trainMotionJudge(dataset, small, { out: judge, name: "judge", threads: 1 });
  const { config, net } = madeModel();
  const training = { data: dataset.report!.path };
  const weights = nn.join(net).toRecord();
  await writeModel(model, { config: { ...config, training }, weights });
  const network = config.network as MotionShape;
  const text = { ...network.text, words: ["kicks", "jumps", "crouches", "crawls", "boxes"] };
  await writeModel(stranger, { config: { ...config, training, network: { ...network, text } }, weights });
});

test("a model of motion is measured against its data: a table, and one JSON document", async () => {
  const asked = ["--judge", judge, "--count", "32", "--steps", "1", "--lag", "1"];
  const { code, stdout, stderr } = await run(...asked);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("made: 32 motions of 6 network evaluations each, against");
  expect(stderr).toContain("judged by judge");
  for (const name of [
    "Fréchet distance on judge",
    "Accuracy",
    "top 3 of 32",
    "MM-Dist",
    "Diversity",
    "MultiModality (within an action)",
    "Jerk",
    "skating",
  ])
    expect(stdout).toContain(name);
  const json = await run(...asked, "--steps", "1,2", "--json");
  const list = JSON.parse(json.stdout);
  expect(list.map(({ nfe, count }: { nfe: number; count: number }) => [nfe, count])).toEqual([
    [6, 32],
    [8, 32],
  ]);
});

test("captions that the model cannot read are left out and told; where it reads none, that is an error", async () => {
  const asked = ["--judge", judge, "--count", "32", "--steps", "1", "--lag", "1", "--json"];
  const { code, stdout, stderr } = await run(...asked);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("made cannot read 2 test captions");
  expect(stderr).toContain(`"${UNKNOWN}" has no word that this model knows`);
  const { count, leftOut } = JSON.parse(stdout);
  expect([count, ...leftOut.map(({ caption }: { caption: string }) => caption).sort()]).toEqual([32, LONG, UNKNOWN]);
  const none = await fewstep(["eval", stranger, "--device", "cpu", ...asked]);
  expect(none.code).toBe(2);
  expect(none.stderr).toMatch(/can read none of the 4 captions of test motions/);
  expect(none.stdout).toBe("");
});

test("no model is judged without a judge, or by what is none, such as itself", async () => {
  const none = await run("--data", "locomotion");
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("fewstep train motion-judge --data locomotion --out runs/judge");
  const itself = await run("--judge", model);
  expect(itself.code).toBe(2);
  expect(itself.stderr).toContain('is a "motion" model, not a judge of motion');
});

test("wrong use is refused before anything is drawn", async () => {
  const refused = async (...args: string[]) => {
    const { code, stderr } = await run("--judge", judge, ...args);
    expect(code, stderr).toBe(2);
    return stderr;
  };
  expect(await refused("--features", "pixel-pca")).toContain("draws motions; leave out --features");
  expect(await refused("--neighbours", "sheet.png")).toContain("draws motions; leave out --neighbours");
  expect(await refused("--count", "31")).toContain("at least 32 motions, got 31");
  expect(await refused("--seconds", "0.5")).toContain("judge sees 1 seconds of each motion");
  expect(await refused("--steps", "4,2000")).toContain("steps");
  expect(await refused("--data", join(root, "nowhere"))).toContain("neither a data set's name");
});
