import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SKILLS, scenes } from "../../../src/data/scenes/index.js";
import { evaluateAnswers } from "../../../src/judges/answers/evaluate.js";
import { answerTarget } from "../../../src/loops/diagnostic/answer-target.js";
import {
  type ImproveContext,
  type ImprovePlan,
  improve,
  readImprovement,
} from "../../../src/loops/diagnostic/index.js";
import { VisionLanguageModel } from "../../../src/methods/vision-language/model.js";
import { trainVisionLanguage } from "../../../src/methods/vision-language/train.js";
import { readConfig } from "../../../src/train/index.js";
import { inProcess } from "../../cli/in-process.js";
import { micro } from "../../methods/vision-language/made.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-improve-answers-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = scenes();
const settings = { ...micro, mixture: { ...micro.mixture, size: 0 } };
const base = join(root, "base");
beforeAll(() =>
  trainVisionLanguage(
    data,
    { ...settings, training: { ...settings.training, steps: 60 } },
    { out: base, name: "base", threads: 1, sampleEvery: 0 },
  ),
);

const plan = (more: Partial<ImprovePlan> = {}): ImprovePlan => ({
  ...{ run: base, data: "scenes", judge: null, rounds: 1, seed: 0, perClass: 10, control: false, settings },
  ...more,
});
const target = (asked: ImprovePlan) => answerTarget({ plan: asked, dataset: data, device: "cpu" });
const mixtureOf = async (run: string) =>
  ((await readConfig(join(root, run))) as { settings: { mixture: Record<string, number> } }).settings.mixture;

test("skills that are wrong more often are asked for more; the control learns by the run's own mixture", async () => {
  const run = inProcess(join(root, "cache"));
  const out = join(root, "better");
  const args = ["improve", base, "--out", out, "--rounds", "1", "--steps", "4", "--count", "20", "--control"];
  const { code, stderr } = await run([...args, "--threads", "1", "--device", "cpu"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("Round 1 of 1: diagnosis of")]);
  const { rounds, best } = await readImprovement(out);
  const [{ groups, targets, steps, kept, comparison }] = rounds;
  expect(steps).toBe(4);
  const mixture = await mixtureOf("better/round-1/training");
  expect(Object.keys(mixture).sort()).toEqual([...SKILLS].sort());
  expect(Object.values(mixture).reduce((a, b) => a + b)).toBeCloseTo(SKILLS.length, 9);
  for (const { name, times, score } of groups) {
    expect(mixture[name]).toBe(times);
    // 0.1 is spread over all, the rest goes by what is wrong
    const wrong = groups.reduce((sum, group) => sum + 1 - group.score, 0);
    expect(times).toBeCloseTo(0.1 + (0.9 * SKILLS.length * (1 - score)) / wrong, 9);
  }
  expect(await mixtureOf("better/round-1/control")).toEqual(settings.mixture);
  expect(targets).toEqual(groups.slice(0, 4).map(({ name }) => name));
  expect(comparison.frechet).toBeNull();
  expect(best).toBe(kept ? join(out, "round-1/training") : base);
  const diagnosis = readFileSync(join(out, "round-1/diagnosis.html"), "utf8");
  expect(diagnosis).toContain("data:image/png;base64,");
  for (const skill of SKILLS) expect(diagnosis).toContain(`<td>${skill}</td>`);
  expect(readFileSync(join(out, "report.html"), "utf8")).toContain("mean change of what was worst");
});

test("what steers, what decides and what is asked at the end are other questions; the last are of eval's stream", async () => {
  const own = target(plan());
  const [steered, again] = [await own.steer(base, 1), await own.steer(base, 1)];
  expect(again).toEqual(steered);
  const asked = new Set(steered.diagnosis!.failures.map(({ question, index }) => `${index} ${question}`));
  const later = (await own.steer(base, 2)).diagnosis!.failures.map(({ question, index }) => `${index} ${question}`);
  expect(later.filter((one) => asked.has(one))).toEqual([]);
  const last = await own.hold(base, "last", steered);
  const model = await VisionLanguageModel.load(base, { device: "cpu", threads: 1 });
  const { skills } = await evaluateAnswers(model, data, { perSkill: 10, seed: 1000 });
  await model.release();
  expect(last.skills).toEqual(skills);
});

/** Of learning by reward. */
const few = { pool: 8, tries: 2, band: [0, 1] as [number, number], questions: 4, answers: 2, updates: 2 };

test("stopped in its training by answers or by reward, it goes on to the same bits", async () => {
  const reinforcement = { ...settings.reinforcement, ...few, steps: 4 };
  const asked = plan({ settings: { ...settings, training: { ...settings.training, steps: 6 }, reinforcement } });
  const go = (out: string, more: Partial<ImproveContext> = {}) =>
    improve(asked, {
      ...{ out: join(root, out), source: { data: "scenes" }, threads: 1, device: "cpu" },
      ...{ target: target(asked) as ImproveContext["target"], ...more },
    });
  await go("whole");
  const stopAt = async (stage: string, more: Partial<ImproveContext>) => {
    const controller = new AbortController();
    const onProgress: ImproveContext["onProgress"] = (event) =>
      void (event.type === "step" && event.stage === stage && event.stageStep === 3 && controller.abort());
    expect(await go("stopped", { signal: controller.signal, onProgress, ...more })).toBeNull();
  };
  await stopAt("answers", {});
  expect(existsSync(join(root, "stopped/round-1/training"))).toBe(false);
  await stopAt("reinforcement", { resume: true });
  await go("stopped", { resume: true });
  const weights = (out: string) => readFileSync(join(root, out, "round-1/training/model/model.safetensors"));
  expect(weights("stopped").equals(weights("whole"))).toBe(true);
});

test("by reward after right answers: both on the mixture, and what was drawn and kept is written down", async () => {
  const run = inProcess(join(root, "cache"));
  const out = join(root, "rewarded");
  const args = ["improve", base, "--out", out, "--rounds", "1", "--steps", "3", "--reinforce", "2", "--count", "20"];
  const set = Object.entries(few).map(([name, value]) => `reinforcement.${name}=${JSON.stringify(value)}`);
  const { code, stderr } = await run([...args, "--set", ...set, "--threads", "1", "--device", "cpu"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("Round 1 of 1")]);
  const [{ steps, reinforced, groups }] = (await readImprovement(out)).rounds;
  expect(steps).toBe(5);
  expect(reinforced).toMatchObject({ questions: { drawn: 8, kept: 8, tooHard: 0, tooEasy: 0 }, steps: 2, groups: 4 });
  expect(reinforced!.rollouts).toBe(8 * 2 + 4 * 2);
  for (const name of ["training-1", "training"])
    expect(await mixtureOf(`rewarded/round-1/${name}`)).toEqual(
      Object.fromEntries(groups.map(({ name, times }) => [name, times])),
    );
  const weights = (name: string) => readFileSync(join(out, `round-1/${name}/model/model.safetensors`));
  expect(weights("training").equals(weights("training-1"))).toBe(false);
  expect(readFileSync(join(out, "report.html"), "utf8")).toContain("By reward: 8 of 8 questions kept");
  // A result is no run; the run that it ended with is named
  const again = await run(["improve", out, "--out", join(root, "again")]);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining(`is an improvement, no run.`)]);
  const resumed = await run(["improve", "--resume", out, "--reinforce", "4"]);
  expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining("leave out --reinforce")]);
});

test("steps that an early end left out are not counted, of the control either, which learns as the round does", async () => {
  const run = inProcess(join(root, "cache"));
  const out = join(root, "early");
  // Nothing is right in each of 40 tries: no question is kept, and nothing is learnt by reward
  const set = Object.entries({ ...few, pool: 2, tries: 40, band: [1, 1] });
  const args = ["improve", base, "--out", out, "--rounds", "1", "--steps", "3", "--reinforce", "4", "--count", "20"];
  const settings = ["--set", ...set.map(([name, value]) => `reinforcement.${name}=${JSON.stringify(value)}`)];
  const { code, stderr } = await run([...args, "--control", ...settings, "--threads", "1", "--device", "cpu"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("Learning by reward ended after 0 steps: no question")]);
  expect(stderr).toContain("Learning by reward of the control ended after 0 steps");
  expect(stderr).toContain("The control is the same training, from the same model, on the mixture as it was.");
  const [{ steps, reinforced, control }] = (await readImprovement(out)).rounds;
  expect([steps, reinforced!.steps, control!.steps, control!.reinforced!.steps]).toEqual([3, 0, 3, 0]);
  const page = readFileSync(join(out, "report.html"), "utf8");
  expect(page.match(/Training steps: 3 \(0 by reward\)\. By reward: 0 of 2 questions kept/g)).toHaveLength(2);
});

test.each([
  [["--reinforce", "4", "--set", "reinforcement.steps=5"], "--reinforce 4 and --set make reinforcement.steps 4 and 5"],
  [["--set", "mixture.count=50"], "--set mixture.count has no effect: the diagnosis makes the mixture."],
  [["--set", "network.width=32"], "--set network.width has no effect: what it is for is taken from"],
  [["--steps", "4", "--set", "training.steps=5"], "--steps 4 and --set make training.steps 4 and 5"],
  [["--set", "reinforcement.lr=0.1"], "--set reinforcement.lr has no effect"],
])("%j is refused", async (args, message) => {
  const run = inProcess(join(root, "cache"));
  const { code, stderr } = await run(["improve", base, "--out", join(root, "refused"), ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect(existsSync(join(root, "refused"))).toBe(false);
});

test("answers need no judge: one is refused", async () => {
  const run = inProcess(join(root, "cache"));
  const { code, stderr } = await run(["improve", base, "--out", join(root, "judged"), "--features", "classifier"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("without a judge; leave out --features")]);
});
