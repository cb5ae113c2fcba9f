import { expect, test } from "vitest";
import { drawScene, LAYOUTS } from "../../../src/data/scenes/draw.js";
import { parseQuestion, skillOf } from "../../../src/data/scenes/parse.js";
import { phrase } from "../../../src/data/scenes/phrase.js";
import { execute } from "../../../src/data/scenes/program.js";
import { questionAbout } from "../../../src/data/scenes/question.js";
import { seededQuestion, seededScene } from "../../../src/data/scenes/seeded.js";
import { SKILLS } from "../../../src/data/scenes/skill-names.js";
import { TEMPLATES } from "../../../src/data/scenes/skills.js";
import { Random } from "../../../src/random/index.js";

test("every question that is asked of scenes is read back as what it asks for", () => {
  const random = new Random(5);
  const seen = new Set<string>();
  for (let i = 0; i < 25; i++)
    for (const layout of LAYOUTS) {
      const scene = drawScene(layout, random);
      for (const skill of SKILLS)
        for (const template of TEMPLATES[skill])
          for (const program of template.programs(scene, random)) {
            const text = phrase(program);
            if (seen.has(text)) continue;
            seen.add(text);
            expect(parseQuestion(text), text).toEqual(program);
            expect(skillOf(program), text).toBe(skill);
          }
    }
  expect(seen.size).toBeGreaterThan(2000);
});

test.each([
  [" What colour is the THING at the top left?", { op: "colour", of: { place: 0 } }],
  ["is the ring left of the thing", { op: "relation", a: { shape: "ring" }, b: {}, side: "left" }],
  ["how many small things are there", { op: "count", of: { size: "small" } }],
])("%s", (text, program) => void expect(parseQuestion(text)).toEqual(program));

test.each(["", "what is this", "how many cats are there", "what colour is the", "where is the ring and the cross"])(
  "%s is no question that is asked of scenes",
  (text) => void expect(parseQuestion(text)).toBeNull(),
);

test("a seed gives a scene of its kind, and questions about it with their answers", () => {
  const asked = new Map(LAYOUTS.map((layout) => [layout, new Set<string>()]));
  for (let seed = 0; seed < 10; seed++)
    for (const layout of LAYOUTS) {
      const scene = seededScene(layout, seed);
      expect(seededScene(layout, seed)).toEqual(scene);
      expect(seededScene(layout, seed + 100)).not.toEqual(scene);
      for (const skill of SKILLS) {
        const question = seededQuestion(scene, skill, seed);
        if (!question) continue;
        asked.get(layout)!.add(skill);
        expect(question.skill).toBe(skill);
        expect(execute(parseQuestion(question.text)!, scene)).toBe(question.answer);
        expect(seededQuestion(scene, skill, seed)).toEqual(question);
      }
    }
  const things = SKILLS.filter((skill) => skill !== "digit" && skill !== "chart");
  expect([...asked.get("odd")!].sort()).toEqual([...things].sort());
  expect([...asked.get("digits")!]).toEqual(["digit"]);
  expect([...asked.get("chart")!]).toEqual(["chart"]);
  expect(asked.get("crowd")!.has("relation")).toBe(true);
});

test("of a scene that is asked about, answers that it has come up alike", () => {
  const scene = { ...seededScene("chart", 0), bars: [{ colour: "red", value: 3 }] as const };
  const answers = new Set(Array.from({ length: 40 }, (_, i) => questionAbout(scene, "chart", new Random(i))!.answer));
  expect([...answers].sort()).toEqual(["3", "red"]);
  expect(questionAbout({ ...scene, bars: [] }, "chart", new Random(1))).toBeNull();
});
