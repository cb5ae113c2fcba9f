import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { separated } from "../../../src/io/separated.js";
import { readResults } from "../../../src/loops/diagnostic/results.js";
import { inProcess } from "../../cli/in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-results-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const fewstep = inProcess(join(root, "cache"));
const write = (name: string, text: string) => {
  writeFileSync(join(root, name), text);
  return join(root, name);
};
const jsonl = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).join("\n");

test("a table in text is read: cells in quotes hold tabs, quotes and line ends", () => {
  const text = 'a\tb\n"x\t1"\t"say ""hi""\nthere"\r\n\n3\t';
  const rows = [...separated(text, "\t", { spanning: true })];
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 4, 5]);
  expect(rows.filter((row) => row.text !== "").map(({ cells }) => cells)).toEqual([
    ["a", "b"],
    ["x\t1", 'say "hi"\nthere'],
    ["3", ""],
  ]);
});

test("predictions of VLMEvalKit are read as .tsv and as .json; calls that failed are no wrong answers", async () => {
  const rows = [
    { index: 1, question: "How many?", A: "one", B: "two", answer: "B", category: "count", prediction: "B. two" },
    { index: 2, question: "How many?", A: "one", B: "two", answer: "A", category: "count", prediction: "I think (B)" },
    {
      index: 3,
      question: "How many?",
      A: "one",
      B: "two",
      answer: "A",
      category: "count",
      prediction: "Failed to obtain answer via API.",
    },
    { index: 4, question: 'What is "it"?', A: "", B: "", answer: "7", category: "text", prediction: "It is 7." },
  ];
  const names = Object.keys(rows[0]);
  const quote = (cell: unknown) => `"${String(cell).replaceAll('"', '""')}"`;
  const table = [names, ...rows.map((row) => names.map((name) => (row as any)[name]))];
  const files = [
    write("a.tsv", table.map((cells) => cells.map(quote).join("\t")).join("\n")),
    write("a.json", JSON.stringify(rows)),
  ];
  for (const file of files) {
    const { answers } = await readResults(file);
    expect(answers.map(({ id, skill, right, said }) => [id, skill, right, said])).toEqual([
      ["1", "count", true, "B"],
      ["2", "count", false, "B"],
      ["3", "count", false, null],
      ["4", "text", true, "It is 7"],
    ]);
  }
  // A verdict of the file counts
  const judged = write("judged.json", JSON.stringify(rows.map((row) => ({ ...row, hit: row.index === 2 ? 1 : 0 }))));
  expect((await readResults(judged)).answers.map(({ right }) => right)).toEqual([false, true, false, false]);
});

test("samples of lmms-eval are diagnosed by the command line, with a page", async () => {
  const rows = Array.from({ length: 80 }, (_, i) => ({
    doc_id: i,
    doc: { question: i % 2 ? "How many cats are there?" : "How many dogs are there?", category: "count" },
    target: "3",
    resps: [[i % 2 ? "2" : "3"]],
    filtered_resps: [i % 2 ? "2" : "3"],
  }));
  const [file, page] = [write("samples.jsonl", jsonl(rows)), join(root, "page.html")];
  const { code, stdout, stderr } = await fewstep(["diagnose", file, "--json", "--report", page]);
  expect(code, stderr).toBe(0);
  const told = JSON.parse(stdout);
  expect(told.skills).toMatchObject([
    { skill: "count", n: 80, right: 40, causes: { "off by one": 40, format: 0, other: 0 } },
  ]);
  expect(told.slices[0]).toMatchObject({ about: 'has the word "cats"', n: 40, wrong: 40, elsewhere: 0 });
  expect(readFileSync(page, "utf8")).toContain("How many cats are there? It is 3, not 2 (off by one)");
  const verdicts = write("verdicts.jsonl", jsonl(rows.map((row) => ({ ...row, exact_match: 1.0 }))));
  expect((await readResults(verdicts)).answers.every(({ right }) => right)).toBe(true);
});

test.each([
  ["a.xlsx", "x", "is a spreadsheet; save it as .tsv"],
  ["b.json", "{", "is no JSON"],
  ["c.jsonl", '{"question":"?","answer":"1"}\n[1]', "row 2: it is no object"],
  ["d.json", '[{"question":"?","prediction":"1"}]', "row 1: it has no answer"],
  ["e.json", '[{"prediction":"1"}]', "row 1: it has no question"],
  ["f.json", "[]", "has no answers"],
  ["g.jsonl", '{"doc_id":1,"doc":{},"target":"1"}', "it has no answer in filtered_resps"],
])("%s is refused", async (name, text, message) => {
  const file = write(name, text);
  const { code, stderr } = await fewstep(["diagnose", file]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("what would have no effect on answers that are there is refused", async () => {
  const file = write("some.jsonl", jsonl([{ question: "?", answer: "1", prediction: "1" }]));
  const { code, stderr } = await fewstep(["diagnose", file, "--count", "20"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("--count would have no effect")]);
});

const choice = (prediction: unknown, more = {}) => ({
  index: 1,
  question: "What?",
  A: "cat",
  B: "dog",
  answer: "B",
  prediction,
  ...more,
});
const rightOf = async (row: object) => (await readResults(write("one.json", JSON.stringify([row])))).answers[0].right;

test.each([
  ["Option B", true],
  ["It is B.", true],
  ["b", true],
  ["dog", true],
  ["I see a dog.", true],
  ["A brown dog", true],
  ["A", false],
  ["cat", false],
  ["a cat and a dog", false],
])("of a cat (A) and a dog (B), %j names B: %j", async (said, right) => {
  expect(await rightOf(choice(said))).toBe(right);
});

test("verdicts are read as numbers and as words; an empty one is none", async () => {
  expect(await rightOf(choice("A", { hit: "True" }))).toBe(true);
  expect(await rightOf(choice("B", { correct: "false" }))).toBe(false);
  expect(await rightOf(choice("B", { hit: " " }))).toBe(true);
});

test("what has no prediction, or rows cut short, is refused; an empty prediction is no answer", async () => {
  const { prediction: _, ...none } = choice("B");
  await expect(readResults(write("none.json", JSON.stringify([none])))).rejects.toThrow("row 1: it has no prediction");
  const short = write("short.tsv", "question\tanswer\tprediction\na\tb\n");
  await expect(readResults(short)).rejects.toThrow("row 1: it has 2 cells, and the head has 3 columns");
  const open = write("open.tsv", 'question\tanswer\tprediction\n"a\tb\tc\nd\te\tf\n');
  await expect(readResults(open)).rejects.toThrow("a quote opens and does not close");
  expect((await readResults(write("null.json", JSON.stringify([choice(null)])))).answers[0].said).toBeNull();
});
