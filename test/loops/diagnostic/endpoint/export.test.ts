import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { answersTo, render, SKILLS, scenes } from "../../../../src/data/scenes/index.js";
import { decodeImage } from "../../../../src/io/index.js";
import {
  exportTraining,
  TRAINERS,
  type TrainerName,
  trainerNames,
} from "../../../../src/loops/diagnostic/export/index.js";
import { drawItems, skillQuotas } from "../../../../src/loops/diagnostic/export/items.js";
import { quotasOf } from "../../../../src/loops/diagnostic/mixture.js";
import { Random } from "../../../../src/random/index.js";
import { solve } from "../../../data/scenes/solver.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-export-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const dataset = scenes();
const found = [
  { skill: "count", accuracy: 0.1 },
  { skill: "relation", accuracy: 0.5 },
  { skill: "digit", accuracy: 0.7 },
  { skill: "colour", accuracy: 1 },
] as const;

const user = z.strictObject({ role: z.literal("user"), content: z.string() });
/** A question with one place for a picture. */
const marked = user.refine(({ content }) => content.split("<image>").length === 2, "one <image>");
const skill = z.enum(SKILLS);
/** Rows as the trainers' documentations have them; where the picture, the prompt and the answer of a row stand. */
const FORMATS = {
  trl: {
    row: z.strictObject({ file_name: z.string(), prompt: z.array(user).length(1), solution: z.string(), skill }),
    parts: (row: any) => ({ picture: row.file_name, prompt: row.prompt[0].content, answer: row.solution }),
  },
  "ms-swift": {
    row: z.strictObject({
      messages: z.array(marked).length(1),
      images: z.array(z.string()).length(1),
      solution: z.string(),
      skill,
    }),
    parts: (row: any) => ({ picture: row.images[0], prompt: row.messages[0].content, answer: row.solution }),
  },
  "llama-factory": {
    row: z.strictObject({
      messages: z.tuple([marked, z.strictObject({ role: z.literal("assistant"), content: z.string() })]),
      images: z.array(z.string()).length(1),
    }),
    parts: (row: any) => ({ picture: row.images[0], prompt: row.messages[0].content, answer: row.messages[1].content }),
  },
  easyr1: {
    row: z.strictObject({
      problem: z.string().startsWith("<image>"),
      answer: z.string(),
      images: z.array(z.string()).length(1),
      skill,
    }),
    parts: (row: any) => ({ picture: row.images[0], prompt: row.problem, answer: row.answer }),
  },
  verl: {
    row: z.strictObject({
      data_source: z.literal("fewstep"),
      prompt: z.array(marked).length(1),
      images: z.array(z.strictObject({ image: z.string() })).length(1),
      ability: skill,
      reward_model: z.strictObject({ style: z.literal("rule"), ground_truth: z.string() }),
      extra_info: z.strictObject({
        split: z.enum(["train", "validation"]),
        index: z.int(),
        answer: z.string(),
        question: z.string(),
      }),
    }),
    parts: (row: any) => ({
      picture: row.images[0].image,
      prompt: row.prompt[0].content,
      answer: row.reward_model.ground_truth,
    }),
  },
} satisfies Record<
  TrainerName,
  { row: z.ZodType; parts(row: any): { picture: string; prompt: string; answer: string } }
>;

const lines = (path: string): any[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
const textsIn = (value: unknown): string[] =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];

test.each(trainerNames)(
  "an export for %s has its format, right answers and the pictures that they are about",
  async (name) => {
    const out = join(root, name);
    const told = await exportTraining(out, dataset, found, { trainer: name, items: 30, seed: 3 });
    expect(told).toMatchObject({ train: 30, validation: 3 });
    const { file, list, pictures, reward } = TRAINERS[name];
    const { row, parts } = FORMATS[name];
    const seen = new Set<string>();
    for (const split of ["train", "validation"] as const) {
      const path = join(out, file(split));
      const rows: any[] = list ? JSON.parse(readFileSync(path, "utf8")) : lines(path);
      const sources = lines(join(out, "provenance", `${split}.jsonl`));
      expect(rows).toHaveLength(split === "train" ? 30 : 3);
      for (const [i, one] of rows.entries()) {
        row.parse(one);
        expect(textsIn(one).filter((text) => isAbsolute(text) || text.includes(root))).toEqual([]);
        const { picture, prompt, answer } = parts(one);
        const { scene, question, program, picture: named, skill: own } = sources[i];
        // The second solver answers by the question's words, about the scene that is kept
        expect(solve(question, scene)).toBe(answer);
        const asked = prompt.replace("<image>", "");
        expect(asked.toLowerCase().startsWith(`${question}?`)).toBe(true);
        for (const choice of answersTo(program)) expect(asked).toContain(choice);
        expect(named.endsWith(picture)).toBe(true);
        const { pixels, width } = await decodeImage(join(out, named));
        expect(width).toBe(384);
        const small = Uint8Array.from({ length: 48 * 48 * 3 }, (_, at) => {
          const [y, x, c] = [Math.floor(at / 144), Math.floor(at / 3) % 48, at % 3];
          return pixels[(8 * y * width + 8 * x) * 3 + c];
        });
        expect(small).toEqual(render(scene));
        seen.add(JSON.stringify(scene));
        if (split === "train") expect(own in { count: 1, relation: 1, digit: 1, colour: 1 }).toBe(true);
      }
      expect(readdirSync(join(out, pictures(split))).filter((one) => one.endsWith(".png"))).toHaveLength(rows.length);
    }
    expect(seen.size).toBe(33); // no scene twice, none of both splits
    expect(existsSync(join(out, "reward.py"))).toBe(reward);
    const command = TRAINERS[name].command(out, "some/model");
    for (const word of [out, "some/model"]) expect(command).toContain(word);
    for (const [, file] of command.matchAll(/([\w.-]+\.(?:jsonl?|py))\b/g))
      if (!file.includes("config")) expect(existsSync(join(out, file))).toBe(true);
  },
);

test("what LLaMA-Factory reads of its files names them and their columns", async () => {
  const info = JSON.parse(readFileSync(join(root, "llama-factory", "dataset_info.json"), "utf8"));
  expect(Object.keys(info)).toEqual(["fewstep_train", "fewstep_validation"]);
  for (const { file_name, formatting, columns, tags } of Object.values<any>(info)) {
    expect(existsSync(join(root, "llama-factory", file_name))).toBe(true);
    const [row] = JSON.parse(readFileSync(join(root, "llama-factory", file_name), "utf8"));
    expect([formatting, columns]).toEqual(["sharegpt", { messages: "messages", images: "images" }]);
    expect(Object.keys(row.messages[0])).toEqual([tags.role_tag, tags.content_tag]);
    expect(row.messages.map((one: any) => one.role)).toEqual([tags.user_tag, tags.assistant_tag]);
  }
});

test("the worst skill has most items, all that the mixture says add up, and the same seed gives the same", async () => {
  const wanted = skillQuotas(found, 200);
  expect(wanted.map(({ items }) => items).reduce((a, b) => a + b)).toBe(200);
  // 0.1 is spread over all, the rest goes by what is wrong: 0.9, 0.5, 0.3 and 0 of 1.7
  for (const [i, wrong] of [0.9, 0.5, 0.3, 0].entries()) {
    expect(wanted[i].share).toBeCloseTo(0.025 + (0.9 * wrong) / 1.7, 9);
    expect(Math.abs(wanted[i].items - 200 * wanted[i].share)).toBeLessThan(1);
  }
  const items = [...drawItems(dataset, wanted, 5)];
  for (const { skill, items: n } of wanted)
    expect(items.filter(({ question }) => question.skill === skill)).toHaveLength(n);
  expect([...drawItems(dataset, wanted, 5)]).toEqual(items);
  expect([...drawItems(dataset, wanted, 6)]).not.toEqual(items);
  const probes = new Set(
    SKILLS.flatMap((skill) =>
      (["steering", "gate", "test"] as const).flatMap((stream) =>
        Array.from({ length: 5 }, (_, i) => JSON.stringify(dataset.probe(stream, skill, i).scene)),
      ),
    ),
  );
  expect(items.filter(({ scene }) => probes.has(JSON.stringify(scene)))).toEqual([]);
});

test("quotas are whole, add up, and are less than one away from their shares", () => {
  const random = new Random(4);
  for (let run = 0; run < 200; run++) {
    const raw = Array.from({ length: 1 + random.integer(12) }, () => random.uniform());
    const sum = raw.reduce((a, b) => a + b);
    const shares = raw.map((one) => one / sum);
    const count = 1 + random.integer(500);
    const whole = quotasOf(shares, count);
    expect(whole.reduce((a, b) => a + b)).toBe(count);
    for (const [i, n] of whole.entries()) expect(Number.isInteger(n) && Math.abs(n - shares[i] * count) < 1).toBe(true);
  }
  expect(quotasOf([0.5, 0.25, 0.25], 2)).toEqual([1, 1, 0]);
});

test("a folder that holds something is not written to, and nothing half made is left", async () => {
  const out = join(root, "full");
  writeFileSync(join(root, "file"), "");
  await exportTraining(out, dataset, found, { trainer: "trl", items: 2, seed: 0 });
  await expect(exportTraining(out, dataset, found, { trainer: "trl", items: 2, seed: 0 })).rejects.toThrow(
    "is not empty",
  );
  await expect(
    exportTraining(join(root, "file"), dataset, found, { trainer: "trl", items: 2, seed: 0 }),
  ).rejects.toThrow("is a file");
  let drawn = 0;
  const wrong = { ...dataset.probe("test", "count", 0).question, answer: "77" };
  const broken = {
    ...dataset,
    lesson(...args: Parameters<typeof dataset.lesson>) {
      const own = dataset.lesson(...args);
      return drawn++ < 2 ? own : { ...own, questions: [wrong] };
    },
  };
  await expect(
    exportTraining(join(root, "none"), broken, found, { trainer: "trl", items: 4, seed: 0 }),
  ).rejects.toThrow("has an answer that its scene does not give");
  expect(readdirSync(root).filter((name) => name.includes(".tmp") || name === "none")).toEqual([]);
});
