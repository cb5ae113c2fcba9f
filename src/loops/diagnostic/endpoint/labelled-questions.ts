import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { decodeImage } from "../../../io/decode.js";
import { encodePng } from "../../../io/images.js";
import { entryAt, reading } from "../../../io/reading.js";
import { many, shortened } from "../../../io/show.js";
import { WrongUse } from "../../../io/wrong-use.js";
import { plainWords } from "./understand.js";

const text = z.string().trim().min(1);
const answer = z.union([text, z.number(), z.boolean().transform((yes) => (yes ? "yes" : "no"))]).transform(String);
const questionLine = z.strictObject({
  image: text,
  question: text,
  answer: z.union([answer, z.array(answer).min(1)]).transform((one) => (Array.isArray(one) ? one : [one])),
  choices: z.array(text).min(2).optional(),
  skill: text.default("all"),
  id: text.optional(),
});

/** A question of one's own with its answer. */
export interface LabelledQuestion {
  /** Its own name, or its line. */
  id: string;
  /** Where its picture is. */
  image: string;
  question: string;
  /** All answers that are right. */
  answers: string[];
  /** The answers that there can be, where it says. */
  choices: string[] | null;
  skill: string;
}

export interface LabelledSet {
  /** The file's name, for people. */
  name: string;
  /** Of the file and of its pictures. */
  sha256: string;
  questions: LabelledQuestion[];
}

/** Longest side of a picture that is sent. */
const LARGEST_SIDE = 2048;

/**
 * Questions of a JSONL file: `{"image": "a.png", "question": "…", "answer": "7"}` a line, with `skill`, `choices` and `id`
 * where wanted; several answers may be right. Pictures stand where the file says, seen from its own folder.
 * @throws WrongUse, with the line, where one cannot be asked
 */
export async function readLabelledQuestions(path: string): Promise<LabelledSet> {
  if (!entryAt(path)?.isFile()) throw new WrongUse(`There is no file "${path}"; give a .jsonl file of questions.`);
  const bytes = await reading(path, () => readFile(path));
  const lines = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/);
  const questions: LabelledQuestion[] = [];
  const seen = new Map<string, number>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const wrong = (what: string) => new WrongUse(`Line ${i + 1} of ${path}: ${what}.`);
    const read = questionLine.safeParse(parsed(line, wrong));
    if (!read.success) throw wrong(problem(read.error));
    const { image, answer, choices = null, id = String(i + 1), ...rest } = read.data;
    const missing = choices && answer.find((one) => !choices.includes(one));
    if (missing) throw wrong(`its answer "${shortened(missing)}" is not among its choices`);
    const plain = choices?.map(plainWords);
    const twin = plain?.findIndex((words, c) => plain.indexOf(words) < c) ?? -1;
    if (twin > 0)
      throw wrong(
        `its choices "${shortened(choices![plain!.indexOf(plain![twin])])}" and "${shortened(choices![twin])}" cannot be told apart`,
      );
    const before = seen.get(id);
    if (before !== undefined) throw wrong(`its id "${shortened(id)}" is that of line ${before}`);
    seen.set(id, i + 1);
    const at = resolve(dirname(path), image);
    if (!entryAt(at)?.isFile()) throw wrong(`there is no picture "${image}" beside the file`);
    questions.push({ ...rest, id, image: at, answers: answer, choices });
  }
  if (questions.length === 0) throw new WrongUse(`${path} has no questions.`);
  const digest = createHash("sha256").update(bytes);
  for (const image of new Set(questions.map((one) => one.image)))
    digest.update(await reading(image, () => readFile(image)));
  return { name: basename(path), sha256: digest.digest("hex"), questions };
}

function parsed(line: string, wrong: (what: string) => Error): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw wrong(`it is no JSON: ${shortened(line)}`);
  }
}

function problem({ issues }: z.ZodError): string {
  const [{ path, message, code }] = issues;
  const name = path.join(".");
  if (code === "unrecognized_keys") return `${message}; it has image, question, answer, choices, skill and id`;
  return name ? `${name}: ${message}` : message;
}

/** What is asked of a model. */
export const labelledPrompt = ({ question, choices }: LabelledQuestion): string =>
  choices
    ? `${question}\nAnswer with one of: ${choices.join(", ")}. Give the answer only.`
    : `${question}\nGive the answer only, as short as possible.`;

/**
 * The PNG of a picture that is sent: its pixels only, without what else its file holds, such as the place where it was
 * taken; scaled where a side has more than 2048 pixels. @throws where it is no picture
 */
export async function picturePng(path: string): Promise<Uint8Array> {
  const whole = await decodeImage(path);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(whole.width, whole.height));
  const [width, height] = [whole.width, whole.height].map((side) => Math.max(1, Math.round(side * scale)));
  const { pixels, channels } = scale < 1 ? await decodeImage(path, { width, height }) : whole;
  return encodePng(pixels, width, height, channels);
}

/** Of questions in a few words. */
export const showSet = ({ questions }: LabelledSet): string =>
  `${many(questions.length, "question")} about ${many(new Set(questions.map(({ image }) => image)).size, "picture")}`;
