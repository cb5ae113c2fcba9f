import { Random } from "../random/index.js";

/**
 * Text in three parts: what models learn from, what judges of their samples learn from, and what both are measured on.
 */
export interface TextDataset {
  id: string;
  kind: "text";
  /** Whether each line stands for itself (names, words); otherwise the text runs on. */
  lines: boolean;
  train: string;
  judge: string;
  test: string;
  licence: string;
  attribution: string;
}

/** A text data set without its name and licence. */
export type TextParts = Pick<TextDataset, "lines" | "train" | "judge" | "test">;

/** Of 20 blocks (or lines), this goes to the judge and this to the test. */
const partOf = (index: number): "train" | "judge" | "test" =>
  index % 20 === 19 ? "test" : index % 20 === 4 || index % 20 === 9 || index % 20 === 14 ? "judge" : "train";

const BLOCK = 20_000;

/**
 * Splits running text 80 : 15 : 5 by blocks of 20,000 characters (a twentieth of the text where it is short), or lines
 * at random. Always the same for the same text.
 */
export function splitText(text: string, { lines, name }: { lines: boolean; name: string }): TextParts {
  const parts: Record<"train" | "judge" | "test", string[]> = { train: [], judge: [], test: [] };
  if (lines) {
    const all = [...new Set(text.split(/\r?\n/).filter((line) => line !== ""))];
    if (all.length < 20) throw new Error(`${name} has ${all.length} different lines; at least 20 are needed.`);
    const order = new Random(0, "test split").permutation(all.length);
    all.forEach((line, i) => {
      parts[partOf(order[i])].push(line);
    });
    return { lines, train: parts.train.join("\n"), judge: parts.judge.join("\n"), test: parts.test.join("\n") };
  }
  const characters = [...text];
  if (characters.length < 2000)
    throw new Error(`${name} has ${characters.length} characters; at least 2000 are needed to train and to test.`);
  const block = Math.min(BLOCK, Math.ceil(characters.length / 20));
  for (let i = 0; i * block < characters.length; i++)
    parts[partOf(i)].push(characters.slice(i * block, (i + 1) * block).join(""));
  return { lines, train: parts.train.join(""), judge: parts.judge.join(""), test: parts.test.join("") };
}

/**
 * Lower-case letters a to z with single spaces between words: digits, punctuation and line ends become spaces, accents
 * fall off.
 */
export const lettersOnly = (text: string): string =>
  text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[’']/g, "")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z]+/g, " ")
    .trim();

/** UTF-8 bytes as text; throws where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array, name = "The text"): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error(`${name} is not valid UTF-8; convert it to UTF-8 first.`, { cause });
  }
}
