import type { Text } from "./characters.js";
import type { DataReport } from "./report.js";

/** What is done with lines of more tokens than a sequence has: left out, or cut at its length. */
export const longLineWays = ["skip", "cut"] as const;
export type LongLines = (typeof longLineWays)[number];

/** What a text file turned out to be. */
export interface TextFound {
  bytes: number;
  /** What its bytes were read as, such as `utf-8`, `utf-16le` or `windows-1252`. */
  encoding: string;
  /** How the encoding is known: by a byte order mark, by the content, or because it was asked for. */
  encodingBy: "mark" | "content" | "option";
  /** Characters (Unicode code points), each line end counted as one. */
  characters: number;
  /** Line ends by kind, as they stand in the file; all are read as `\n`. */
  lineEnds: { lf: number; crlf: number; cr: number };
}

/** Of a text in lines: how many different ones it has, and what was left out. */
export interface LinesFound {
  different: number;
  repeated: number;
  empty: number;
}

/**
 * Text in three parts: what models learn from, what judges of their samples learn from, and what both are measured on.
 */
export interface TextDataset {
  id: string;
  kind: "text";
  /** Whether each line stands for itself (names, words); otherwise the text runs on. */
  lines: boolean;
  train: Text;
  judge: Text;
  test: Text;
  licence: string;
  attribution: string;
  /** Of a text in lines: what it has of them. */
  linesFound?: LinesFound;
  /** Of a file: what it turned out to be. */
  found?: TextFound;
  /** What becomes of lines that are too long; default: they are refused. */
  longLines?: LongLines;
  /** What was read, for a text that was found by name or path. */
  report?: DataReport;
}

/** A text data set without its name and licence. */
export type TextParts = Pick<TextDataset, "lines" | "train" | "judge" | "test" | "linesFound">;

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
