import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SKILLS, type Skill, scenePixels, scenes } from "../../../src/data/scenes/index.js";
import { methods } from "../../../src/methods/registry.js";
import { visionLanguageArchitecture, visionLanguageNetwork } from "../../../src/methods/vision-language/network.js";
import type { Reinforced } from "../../../src/methods/vision-language/reinforcement.js";
import { rightOf, rollOut, rolloutRows, tokenLogs } from "../../../src/methods/vision-language/rollouts.js";
import type { Reinforcement } from "../../../src/methods/vision-language/settings.js";
import { Speaker } from "../../../src/methods/vision-language/speaker.js";
import { trainVisionLanguage } from "../../../src/methods/vision-language/train.js";
import { type ModelFiles, readModel } from "../../../src/models/files.js";
import { Programs } from "../../../src/models/programs.js";
import * as nn from "../../../src/nn/index.js";
import { Random } from "../../../src/random/index.js";
import type { TrainOptions } from "../../../src/train/index.js";
import { madeModel, micro } from "./made.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-reinforcement-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = scenes();
const compute = { device: "cpu", threads: 1 } as const;
const made = madeModel();
const speakers: Speaker[] = [];
function speakerOf(net: typeof made.net): Speaker {
  const speaker = new Speaker(net, made.shape, new Programs("test", compute));
  speakers.push(speaker);
  return speaker;
}
afterAll(async () => {
  for (const { programs } of speakers) await programs.release();
});
const probes = (skill: Skill, count: number) => Array.from({ length: count }, (_, i) => data.probe("gate", skill, i));

test("answers are as likely as the network says where they stand; a right one earns 1, a possible one 0.1", async () => {
  const asked = [...probes("position", 3), ...probes("colour", 3)];
  const speaker = speakerOf(made.net);
  const rollouts = await rollOut(speaker, made.shape, asked, { size: 4, random: new Random(1) });
  const rows = rolloutRows(rollouts, made.shape.length);
  const seen = await speaker.see(scenePixels(asked.map(({ scene }) => scene)), asked.length);
  const pictures = rollouts.answers.map((_, row) => Math.floor(row / 4));
  const logs = tokenLogs(await speaker.logits(rows.tokens, { seen, pictures }), rows);
  for (const [i, value] of logs.entries()) expect(rows.old[i]).toBeCloseTo(value, 4);
  expect(rows.counted.reduce((a, b) => a + b, 0)).toBe(rollouts.tokens);
  expect(logs.filter((value) => value < 0).length).toBe(rollouts.tokens);

  // Whoever says one word, with an end and without one
  const always = async (word: string, question: (typeof asked)[number]) => {
    const { words } = made.shape;
    const fake = {
      see: async () => new Float32Array(0),
      write: async () =>
        [[words.indexOf(word) + 2, 0], [words.indexOf(word) + 2]].map((tokens) =>
          tokens.map((token) => ({ token, probability: 0.5 })),
        ),
    } as unknown as Speaker;
    return (await rollOut(fake, made.shape, [question], { size: 2, random: new Random(0) })).rewards;
  };
  const [colour] = probes("colour", 1);
  const { answer } = colour.question;
  const other = ["red", "green"].find((word) => word !== answer)!;
  expect([...(await always(answer, colour))]).toEqual([1, 1]);
  expect([...(await always(other, colour))].map((x) => x.toFixed(3))).toEqual(["0.100", "0.100"]);
  expect([...(await always("ring", colour))]).toEqual([0, 0]);
});

test("right answers are counted by group", () => {
  expect(rightOf([1, 0.1, 0, 1, 1, 0.1], 3)).toEqual([1, 2]);
});

const only = Object.fromEntries(SKILLS.map((skill) => [skill, Number(skill === "size")])) as Record<Skill, number>;
const reinforcement: Reinforcement = {
  ...{ steps: 30, pool: 96, tries: 9, band: [0.1, 0.9] as [number, number] },
  ...{ questions: 16, answers: 8, updates: 2, lr: 6e-3, kl: 0.01 },
};
const settings = (more: Partial<Reinforcement> = {}) => ({
  ...{ ...micro, mixture: only, training: { pictures: 4, questions: 4, steps: 250, lr: 0.01, emaDecay: 0.5 } },
  reinforcement: { ...reinforcement, ...more },
});
let base: ModelFiles;
const file = (name: string) => readFileSync(join(root, name, "model/model.safetensors"));
const recordOf = (name: string): Reinforced =>
  JSON.parse(readFileSync(join(root, name, "model/config.json"), "utf8")).training.reinforcement;
const train = (name: string, more: Partial<Reinforcement>, options: Partial<TrainOptions> = {}) =>
  trainVisionLanguage(data, settings(more), {
    ...{ out: join(root, name), ...compute, sampleEvery: 0, from: { run: join(root, "base"), weights: base.weights } },
    ...options,
  });

beforeAll(async () => {
  await trainVisionLanguage(data, settings({ steps: 0 }), {
    ...{ out: join(root, "base"), ...compute, sampleEvery: 0 },
  });
  base = await readModel(join(root, "base"), () => visionLanguageArchitecture);
});

/** Mean reward of answers drawn to questions that no training sees. */
async function rewardOf(name: string): Promise<number> {
  const net = visionLanguageNetwork(made.shape);
  nn.load(net, (await readModel(join(root, name), () => visionLanguageArchitecture)).weights);
  const asked = probes("size", 96);
  const { rewards } = await rollOut(speakerOf(net), made.shape, asked, { size: 16, random: new Random(7) });
  return rewards.reduce((a, b) => a + b) / rewards.length;
}

test("a skill earns more afterwards, on questions of another stream too; stopped between updates it goes on to the same bits", async () => {
  await train("whole", {});
  const [before, after] = [await rewardOf("base"), await rewardOf("whole")];
  expect(after - before).toBeGreaterThan(0.03);
  const { questions, ...counted } = recordOf("whole");
  expect(questions.drawn).toBe(96);
  expect(questions.kept + questions.tooHard + questions.tooEasy).toBe(96);
  expect(questions.kept).toBeGreaterThan(5);
  expect(counted).toMatchObject({ steps: 30, rollouts: 96 * 9 + 15 * 16 * 8, groups: 15 * 16, ended: null });
  expect(counted.tokens).toBeGreaterThan(counted.rollouts);

  const controller = new AbortController();
  const stopped = await train(
    "stopped",
    {},
    {
      signal: controller.signal,
      onProgress: (event) =>
        void (event.type === "step" && event.stage === "reinforcement" && event.stageStep === 7 && controller.abort()),
    },
  );
  expect(stopped.status).toBe("interrupted");
  await train("stopped", {}, { resume: true });
  expect(file("stopped").equals(file("whole"))).toBe(true);
  expect(recordOf("stopped")).toEqual(recordOf("whole"));
});

test("where no question lies in the band it ends and leaves the model as it was", async () => {
  await train("none", { band: [1, 1], pool: 16, steps: 6 });
  expect(file("none").equals(readFileSync(join(root, "base/model/model.safetensors")))).toBe(true);
  const { ended, steps, questions } = recordOf("none");
  expect([ended, steps, questions.kept]).toEqual([expect.stringContaining("no question of 16 was"), 0, 0]);
});

test("it ends where answers have no difference left, also when it is resumed", async () => {
  const asked = { ...settings({ band: [0, 1], steps: 40, pool: 16 }), training: { ...settings().training, steps: 0 } };
  const out = join(root, "silent"); // every token is as likely as any other: no answer is one
  const { step } = await trainVisionLanguage(data, asked, { out, ...compute, sampleEvery: 0 });
  const { ended, groups, alike, steps } = recordOf("silent");
  expect(ended).toMatch(/% of the groups of answers had no difference left/);
  expect([groups, steps, step]).toEqual([32, 2, 3]);
  expect(alike).toBeGreaterThan(25);
  const before = file("silent");
  await trainVisionLanguage(data, asked, { out, ...compute, sampleEvery: 0, resume: true });
  expect(file("silent").equals(before)).toBe(true);
});

test("updates share the questions; a band begins before it ends", async () => {
  const out = join(root, "wrong");
  const refused = (more: Partial<Reinforcement>) => trainVisionLanguage(data, settings(more), { out, ...compute });
  await expect(refused({ questions: 16, updates: 3 })).rejects.toThrow("reinforcement.updates is 3 (updates share the");
  await expect(refused({ band: [0.8, 0.3] })).rejects.toThrow("reinforcement.band is [0.8,0.3] (its first number");
  await expect(refused({ answers: 1 })).rejects.toThrow("reinforcement.answers is 1");
  // 0 or 1 of 1, and 0, 0.5 or 1 of 2
  const none = "no number of right answers among so many has its share in band";
  await expect(refused({ tries: 1, band: [0.3, 0.8] })).rejects.toThrow(`reinforcement.tries is 1 (${none}`);
  await expect(refused({ tries: 2, band: [0.6, 0.9] })).rejects.toThrow(none);
  expect(() => methods["vision-language"].check(settings({ tries: 2, band: [0.5, 0.9] }))).not.toThrow();
});
