import { expect, test } from "vitest";
import { type Skill, scenes } from "../../../src/data/scenes/index.js";
import { evaluateAnswers } from "../../../src/judges/answers/evaluate.js";
import { diagnoseAnswers } from "../../../src/loops/diagnostic/answers.js";
import { blindSlices } from "../../../src/loops/diagnostic/slices.js";
import { wilson } from "../../../src/metrics/index.js";
import { Random } from "../../../src/random/index.js";
import { oracle } from "./oracle.js";

const data = scenes();
const seen = (stream: "test" | "steering", skills: readonly Skill[], n: number) =>
  skills.flatMap((skill) => Array.from({ length: n }, (_, i) => data.probe(stream, skill, i).scene));

test("Wilson's interval has its textbook values", () => {
  const [low, high] = wilson(8, 10);
  expect([low, high].map((end) => Number(end.toFixed(3)))).toEqual([0.49, 0.943]);
  expect(wilson(0, 10)[0]).toBe(0);
  expect(wilson(10, 10)[1]).toBe(1);
  expect(() => wilson(3, 2)).toThrow("3 of 2 are no share of a whole");
  expect(() => wilson(0, 0)).toThrow(RangeError);
});

test("who answers all is right in all; floor and chance say what needs no look", async () => {
  const skills = ["size", "comparison"] as const;
  const found = await evaluateAnswers(oracle(seen("test", skills, 40)), data, { skills, perSkill: 40 });
  expect(found).toMatchObject({ model: "oracle", data: "scenes", seed: 0, accuracy: 1 });
  expect(found.skills.map(({ skill, n, right }) => [skill, n, right])).toEqual([
    ["size", 40, 40],
    ["comparison", 40, 40],
  ]);
  expect(found.skills[0].interval).toEqual(wilson(40, 40));
  expect(found.skills.map(({ chance }) => chance)).toEqual([expect.closeTo(1 / 3), expect.closeTo(1 / 2)]);
  for (const { floor, chance } of found.skills) expect(Math.abs(floor - chance)).toBeLessThan(0.25);
});

test("causes are told apart: no answer to it, one off, not seen, seen and not combined", async () => {
  const skills = ["count", "comparison", "shape"] as const;
  const wrong = oracle(seen("steering", skills, 40), (answer, question) => {
    if (/^how many (things|\w+ \w+s) are there$/.test(question)) return String(Number(answer) + 1);
    if (question.startsWith("are there more")) return answer === "yes" ? "no" : "yes";
    if (question.startsWith("is the")) return "blue";
    return question.startsWith("what shape") ? (answer === "ring" ? "cross" : "ring") : answer;
  });
  const { skills: found, failures } = await diagnoseAnswers(wrong, data, { skills, perSkill: 40 });
  expect(found[0].skill).not.toBe("count"); // worst first
  const causes = Object.fromEntries(found.map(({ skill, causes }) => [skill, causes]));
  expect(causes.count["off by one"]).toBeGreaterThan(10);
  expect(causes.shape).toEqual({ format: 0, "off by one": 0, perception: 40, reasoning: 0 });
  expect(causes.comparison.format).toBeGreaterThan(5);
  expect(causes.comparison.perception + causes.comparison.reasoning).toBe(40 - causes.comparison.format);
  expect(causes.comparison.reasoning).toBeGreaterThan(5);
  for (const { skill, index, question, answer } of failures)
    expect(data.probe("steering", skill as Skill, index).question).toMatchObject({ text: question, answer });
});

test("a blind spot inside a skill is found, and chance is none", async () => {
  const skills = ["colour", "position"] as const;
  const all = seen("steering", skills, 200);
  const purple = oracle(all, (answer) => (answer === "purple" ? "blue" : answer));
  const { slices } = await diagnoseAnswers(purple, data, { skills, perSkill: 200 });
  expect(slices[0]).toMatchObject({ skill: "colour", about: "has the answer purple", elsewhere: 0 });
  expect(slices[0].wrong).toBe(slices[0].n);
  expect(slices.every(({ skill }) => skill === "colour")).toBe(true);
});

test("without a blind spot slices are found in few of many runs; what is wrong by a third more is none", () => {
  const random = new Random(6);
  const facets = ["a", "b", "c", "d", "e", "f"];
  const run = (chance: (facet: string) => number) =>
    blindSlices({
      skill: Array.from({ length: 300 }, () => {
        const own = facets.filter(() => random.integer(3) === 0);
        return { wrong: random.uniform() < Math.max(0.2, ...own.map(chance)), facets: own };
      }),
    });
  expect(Array.from({ length: 50 }, () => run(() => 0)).filter((found) => found.length > 0).length).toBeLessThanOrEqual(
    5,
  );
  expect(run((facet) => (facet === "c" ? 0.9 : 0))[0].about).toBe("c");
  const small = Array.from({ length: 19 }, () => ({ wrong: true, facets: ["few"] }));
  const rest = Array.from({ length: 100 }, () => ({ wrong: false, facets: [] }));
  expect(blindSlices({ skill: [...small, ...rest] })).toEqual([]);
  expect(blindSlices({ skill: [...small, small[0], ...rest] })).toHaveLength(1);
});

test("options that cannot be are refused", async () => {
  const none = oracle([]);
  const refused = (options: object) => expect(evaluateAnswers(none, data, options)).rejects;
  await refused({ perSkill: 3 }).toThrow("perSkill must be a whole number from 8 to 999999, got 3.");
  await refused({ seed: -1 }).toThrow("seed must be a whole number");
  await refused({ skills: ["juggling"] }).toThrow('There is no skill "juggling"; choose of colour, shape');
  await refused({ perskill: 9 }).toThrow('did you mean "perSkill"');
});
