import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { z } from "zod";
import { reading } from "../../io/reading.js";
import { separated } from "../../io/separated.js";
import { shortened } from "../../io/show.js";
import { WrongUse } from "../../io/wrong-use.js";
import { readChoice, readLetter, sameAnswer, shortAnswer } from "./endpoint/understand.js";
import type { LabelledAnswer } from "./labelled.js";

/** Files of answers that other evaluations have written, by the ending of their names. */
export const RESULT_FILES = /\.(jsonl|json|tsv|xlsx)$/i;

/** Columns that name a skill, the first that there is. */
const SKILLS = ["skill", "category", "l2-category", "l2_category", "sub_task", "question_type", "subject", "task"];
/** Columns that say whether an answer is right, as 0 or 1; the first that there is. */
const VERDICTS = ["hit", "exact_match", "accuracy", "acc", "correct"];
/** What VLMEvalKit writes where a call brought no answer. */
const FAILED = /^failed to obtain answer/i;

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]).optional();
/** A prediction of VLMEvalKit: the columns of its data set, and what the model said. */
const prediction = z.looseObject({
  question: z.union([z.string(), z.number()]),
  answer: z.unknown(),
  prediction: cell,
});
/** A sample of lmms-eval. */
const sample = z.looseObject({
  doc_id: z.union([z.string(), z.number()]),
  doc: z.record(z.string(), z.unknown()),
  target: z.unknown(),
  filtered_resps: z.array(z.unknown()).min(1).optional(),
  resps: z.array(z.unknown()).min(1).optional(),
});
type Row = Record<string, unknown>;

/**
 * Answers that VLMEvalKit (predictions as .tsv or .json) or lmms-eval (samples as .jsonl) has written. Where the file says
 * whether an answer is right (columns such as `hit` or `exact_match`), that counts; else it is compared with what is right.
 * @throws WrongUse where it is none of these, with the line
 */
export async function readResults(path: string): Promise<{ data: string; answers: LabelledAnswer[] }> {
  if (/\.xlsx$/i.test(path))
    throw new WrongUse(`${path} is a spreadsheet; save it as .tsv, or let VLMEvalKit write that (PRED_FORMAT=tsv).`);
  const text = (await reading(path, () => readFile(path, "utf8"))).replace(/^\uFEFF/, "");
  const rows = rowsOf(path, text);
  if (rows.length === 0) throw new WrongUse(`${path} has no answers.`);
  const answers = rows.map(({ row, at }) => {
    const read = "doc_id" in row || "doc" in row ? ofSample(row) : ofPrediction(row, at);
    if (typeof read === "string")
      throw new WrongUse(
        `${path}, row ${at}: ${read}. It takes predictions of VLMEvalKit (question, answer, prediction) and samples of lmms-eval (doc, target, filtered_resps).`,
      );
    return read;
  });
  return { data: basename(path), answers };
}

function rowsOf(path: string, text: string): { row: Row; at: number }[] {
  if (/\.tsv$/i.test(path)) {
    const rows = Array.from(separated(text, "\t", { spanning: true }), ({ cells }) => cells);
    const [head = [], ...rest] = rows.filter((cells) => cells.length > 1 || cells[0] !== "");
    const short = rest.findIndex((cells) => cells.length !== head.length);
    if (short >= 0)
      throw new WrongUse(
        `${path}, row ${short + 1}: it has ${rest[short].length} cells, and the head has ${head.length} columns; a row is cut short, or a quote opens and does not close.`,
      );
    return rest.map((cells, i) => ({
      row: Object.fromEntries(head.map((name, c) => [name, cells[c] ?? ""])),
      at: i + 1,
    }));
  }
  const parse = (part: string, where: string): unknown => {
    try {
      return JSON.parse(part);
    } catch {
      throw new WrongUse(`${path}${where} is no JSON: ${shortened(part)}`);
    }
  };
  const lines = /\.jsonl$/i.test(path);
  const all = lines
    ? text.split("\n").flatMap((line, i) => (line.trim() ? [[parse(line, `, line ${i + 1},`), i + 1] as const] : []))
    : [parse(text, "")].flat().map((one, i) => [one, i + 1] as const);
  return all.map(([row, at]) => {
    if (typeof row !== "object" || row === null || Array.isArray(row))
      throw new WrongUse(`${path}, row ${at}: it is no object: ${shortened(JSON.stringify(row))}`);
    return { row: row as Row, at };
  });
}

function ofPrediction(row: Row, at: number): LabelledAnswer | string {
  const read = prediction.safeParse(row);
  if (!read.success) return `it has no ${String(read.error.issues[0].path[0] ?? "columns")}`;
  const letters = [..."ABCDEFGHIJ"].filter(
    (letter) => row[letter] !== undefined && row[letter] !== "" && row[letter] !== null,
  );
  const answers = answersOf(row.answer);
  if (answers.length === 0) return "it has no answer";
  if (read.data.prediction === undefined) return "it has no prediction";
  const said = read.data.prediction === null ? null : String(read.data.prediction);
  const about = { id: String(row.index ?? at), skill: skillOf(row), question: String(read.data.question), answers };
  const options = Object.fromEntries(letters.map((letter) => [letter, String(row[letter])]));
  return answered(about, said === null || FAILED.test(said) ? null : said, row, letters.length > 1 ? options : null);
}

function ofSample(row: Row): LabelledAnswer | string {
  const read = sample.safeParse(row);
  if (!read.success) return `it has no ${String(read.error.issues[0].path[0] ?? "columns")}`;
  const { doc_id, doc, target, filtered_resps, resps } = read.data;
  const answers = answersOf(target);
  if (answers.length === 0) return "it has no target";
  let said: unknown = filtered_resps ?? resps;
  while (Array.isArray(said)) said = said[0];
  if (typeof said !== "string") return "it has no answer in filtered_resps or resps";
  const input = doc.question ?? row.input ?? (Array.isArray(row.arguments) ? row.arguments[0] : undefined);
  const about = { id: String(doc_id), skill: skillOf(doc), question: typeof input === "string" ? input : "", answers };
  return answered(about, said, row, null);
}

function answered(
  about: Pick<LabelledAnswer, "id" | "skill" | "question" | "answers">,
  said: string | null,
  row: Row,
  options: Readonly<Record<string, string>> | null,
): LabelledAnswer {
  const choices = options && Object.keys(options);
  if (said === null) return { ...about, choices, said, right: false };
  const choice = options && chosen(said, options);
  const own = choice ? about.answers.includes(choice) || about.answers.includes(options![choice]) : false;
  const right = verdictOf(row) ?? (options ? own : sameAnswer(said, about.answers));
  return { ...about, choices, said: choice ?? shortAnswer(said), right };
}

/** The letter of the option that was named, or whose text was said. */
function chosen(said: string, options: Readonly<Record<string, string>>): string | null {
  const letter = readLetter(said);
  if (letter !== null && letter in options) return letter;
  const text = readChoice(said, Object.values(options));
  return Object.keys(options).find((one) => options[one] === text) ?? null;
}

/** What the file says of an answer; null where it says nothing. */
function verdictOf(row: Row): boolean | null {
  const told = VERDICTS.map((name) => row[name]).find((value) => value !== undefined && String(value).trim() !== "");
  const text = told === undefined || typeof told === "object" ? "" : String(told).trim().toLowerCase();
  if (/^(?:true|1(?:\.0*)?)$/.test(text)) return true;
  return /^(?:false|0(?:\.0*)?)$/.test(text) ? false : null;
}

const answersOf = (value: unknown): string[] =>
  [value]
    .flat()
    .flatMap((one) =>
      typeof one === "string" || typeof one === "number" || typeof one === "boolean" ? [String(one)] : [],
    );

function skillOf(row: Row): string {
  const name = SKILLS.find((one) => typeof row[one] === "string" && row[one] !== "");
  return name === undefined ? "all" : (row[name] as string);
}
