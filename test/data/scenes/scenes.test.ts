import { expect, test } from "vitest";
import { checkData, resolveData, type SceneDataset } from "../../../src/data/index.js";
import { drawScene } from "../../../src/data/scenes/draw.js";
import {
  answersOf,
  counterfactual,
  execute,
  LONGEST,
  phrase,
  render,
  type Scene,
  SKILLS,
  type Skill,
  scenes,
  WORDS,
} from "../../../src/data/scenes/index.js";
import { resolveQuestions } from "../../../src/data/scenes/named.js";
import { COLOURS, type Thing } from "../../../src/data/scenes/scene.js";
import { Random } from "../../../src/random/index.js";
import { solve } from "./solver.js";

const data = scenes({ seed: 4 });
const lessons = Array.from({ length: 150 }, (_, index) => data.lesson({ seed: 0, index }, 8));
const probes = Object.fromEntries(
  SKILLS.map((skill) => [skill, Array.from({ length: 60 }, (_, i) => data.probe("test", skill, i))]),
) as Record<Skill, ReturnType<typeof data.probe>[]>;
const asked = lessons.flatMap(({ scene, questions }) => questions.map((question) => ({ scene, question })));

test("a second solver, which reads the words, gives every answer", () => {
  for (const { scene, question } of [...asked, ...Object.values(probes).flat()])
    expect(`${question.text}: ${solve(question.text, scene)}`).toBe(`${question.text}: ${question.answer}`);
});

test("questions and answers are of the known words and no longer than is said; every word comes up", () => {
  const texts = [...asked, ...Object.values(probes).flat()].map(({ question }) => question);
  const used = new Set(texts.flatMap(({ text, answer }) => `${text} ${answer}`.split(" ")));
  expect([...used].sort()).toEqual([...WORDS]);
  const longest = (list: string[]) => Math.max(...list.map((text) => text.split(" ").length));
  expect(longest(texts.map(({ text }) => text))).toBeLessThanOrEqual(LONGEST.question);
  expect(longest(texts.map(({ answer }) => answer))).toBe(LONGEST.answer);
});

test("a lesson asks about one scene; the first question is of a skill by the mixture, and so are the others", () => {
  expect(new Set(asked.map(({ question }) => question.skill)).size).toBe(SKILLS.length);
  const mixture = Object.fromEntries(SKILLS.map((skill) => [skill, skill === "count" || skill === "size" ? 1 : 0]));
  const few = Array.from({ length: 20 }, (_, index) => data.lesson({ seed: 1, index }, 4, { mixture }));
  expect(new Set(few.flatMap(({ questions }) => questions.map(({ skill }) => skill)))).toEqual(
    new Set(["count", "size"]),
  );
  const without = Array.from({ length: 30 }, (_, index) =>
    data.lesson({ seed: 1, index }, 6, { without: ["purple", "3"] }),
  ).flatMap(({ questions }) => questions.flatMap(({ text, answer }) => `${text} ${answer}`.split(" ")));
  expect(without.filter((word) => word === "purple" || word === "3")).toEqual([]);
  const digits = Array.from({ length: 10 }, (_, i) => String(i));
  const nothing = () =>
    data.lesson({ seed: 1, index: 0 }, 1, {
      mixture: Object.fromEntries(SKILLS.map((skill) => [skill, skill === "digit" ? 1 : 0])),
      without: digits,
    });
  expect(nothing).toThrow(/Without the words 0, 1.* there is nothing to ask of the skill digit/);
});

test("each answer of a skill is about as frequent as the others of its way to be asked", () => {
  const counts = (skill: Skill) => {
    const answers = probes[skill].map(({ question }) => question.answer);
    return answers.map((answer) => answers.filter((other) => other === answer).length);
  };
  expect(Math.max(...counts("colour"))).toBeLessThan(20);
  expect(Math.max(...counts("count"))).toBeLessThan(15);
  for (const skill of SKILLS)
    for (const { question } of probes[skill]) expect(answersOf(skill)).toContain(question.answer);
});

test("the same seed gives the same bytes; another seed, stream or index gives another scene", () => {
  const again = scenes({ seed: 4 });
  expect(again.probe("test", "count", 3)).toEqual(probes.count[3]);
  expect(render(again.probe("test", "count", 3).scene)).toEqual(render(probes.count[3].scene));
  expect(again.lesson({ seed: 0, index: 7 }, 8)).toEqual(lessons[7]);
  const keys = [
    data.probe("test", "count", 0),
    data.probe("gate", "count", 0),
    data.probe("steering", "count", 0),
    data.probe("test", "count", 1),
    scenes({ seed: 5 }).probe("test", "count", 0),
    ...[...lessons, data.lesson({ seed: 1, index: 0 }, 1)],
  ].map(({ scene }) => JSON.stringify(scene));
  expect(new Set(keys).size).toBe(keys.length);
  expect(() => scenes({ seed: 0.5 })).toThrow("seed must be a whole number, got 0.5.");
});

const thing = (given: Partial<Thing>): Thing => ({
  ...{ shape: "square", colour: "red", size: "large", place: 0, offset: [0, 0] },
  ...given,
});
const scene = (things: Thing[]): Scene => ({ things, digits: [], bars: [], ground: 10, grain: 1 });

test("the picture shows what is described: each thing's colour in its place, the ground beside it", () => {
  const shown = render(scene([thing({ place: 5 }), thing({ place: 6, colour: "white", shape: "circle" })]));
  const at = (x: number, y: number) => [...shown.subarray((y * 48 + x) * 3, (y * 48 + x) * 3 + 3)];
  const near = (found: number[], wanted: readonly number[]) =>
    expect(Math.max(...found.map((value, c) => Math.abs(value - wanted[c])))).toBeLessThanOrEqual(8);
  near(at(40, 24), COLOURS.red);
  near(at(8, 40), COLOURS.white);
  near(at(8, 8), [10, 10, 10]);
  near(at(24, 24), [10, 10, 10]);
});

test("what is ambiguous, absent or too close to tell is not asked", () => {
  const two = scene([thing({}), thing({ place: 3, shape: "circle" })]);
  expect(execute({ op: "colour", of: { shape: "circle" } }, two)).toBe("red");
  expect(execute({ op: "shape", of: { colour: "red" } }, two)).toBeNull();
  expect(execute({ op: "colour", of: { shape: "ring" } }, two)).toBeNull();
  const [a, b] = [{ shape: "square" }, { shape: "circle" }] as const;
  expect(execute({ op: "relation", a, b, side: "above" }, two)).toBe("yes");
  expect(execute({ op: "relation", a, b, side: "left" }, two)).toBeNull(); // one column
  expect(execute({ op: "odd" }, two)).toBeNull();
  expect(
    execute({ op: "odd" }, scene([thing({}), thing({ place: 1 }), thing({ place: 2, size: "small" })])),
  ).toBeNull();
  expect(execute({ op: "odd" }, scene([thing({}), thing({ place: 1 }), thing({ place: 2, colour: "blue" })]))).toBe(
    "blue square",
  );
  expect(execute({ op: "count", of: {} }, { ...two, things: [] })).toBeNull();
  const bars = [{ colour: "red", value: 4 } as const, { colour: "blue", value: 4 } as const];
  expect(execute({ op: "tallest" }, { ...scene([]), bars })).toBeNull();
});

test("one change of a scene gives the question another answer, which the second solver gives too", () => {
  for (const skill of SKILLS) {
    const found = probes[skill]
      .slice(0, 25)
      .map((probe, i) => ({ probe, other: counterfactual(probe, new Random(i)) }));
    // Where many more must become fewer, no single change does it
    expect(found.filter(({ other }) => other).length, skill).toBeGreaterThanOrEqual(skill === "comparison" ? 12 : 20);
    for (const { probe, other } of found) {
      if (!other) continue;
      expect(other.question.text).toBe(phrase(probe.question.program));
      expect(other.question.answer).not.toBe(probe.question.answer);
      expect(solve(other.question.text, other.scene)).toBe(other.question.answer);
      const { ground, grain } = probe.scene;
      expect([other.scene.ground, other.scene.grain]).toEqual([ground, grain]);
    }
  }
});

test("the data set is known by name, without end, and has no options of reading", async () => {
  const { report, ...found } = (await resolveData("scenes")) as SceneDataset;
  expect(found).toMatchObject({ id: "scenes", kind: "questions", height: 48, width: 48, channels: 3 });
  expect(found.probe("test", "count", 3)).toEqual(scenes().probe("test", "count", 3));
  expect(report).toMatchObject({ kind: "questions", path: null, train: 0, test: 0 });
  await expect(checkData("scenes", { size: 32 })).rejects.toThrow('"scenes" is a data set by name, for which --size');
  await expect(checkData("scenes", { lines: true })).rejects.toThrow("--lines would have no effect");
  expect(() => resolveQuestions("kjv")).toThrow('"kjv" is no data set of questions about pictures; these are scenes.');
});

test("things stay inside the picture and apart from each other", () => {
  const random = new Random(2);
  for (let i = 0; i < 100; i++) {
    const { things } = drawScene("crowd", random);
    expect(new Set(things.map(({ place }) => place)).size).toBe(things.length);
    for (const { offset, size } of things)
      expect(Math.max(...offset.map(Math.abs)) + { small: 3.25, medium: 5, large: 7 }[size]).toBeLessThanOrEqual(8);
  }
});
