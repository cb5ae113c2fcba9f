import { many, show } from "../io/show.js";

/** Whether a file's name says that it is a list of texts: JSON, or JSON lines. */
export const isTextList = (path: string): boolean => /\.(json|jsonl|ndjson)$/i.test(path);

/** The texts of a file that holds a JSON list of texts, or one of them a line. @throws where it holds anything else */
export function jsonTexts(text: string, name: string): string[] {
  const values = /\.json$/i.test(name) ? parsed(text, name) : linesOf(text, name);
  const form = 'a JSON file is read as a list of texts, such as ["a person walks", "a person waves"]';
  const instead = "To learn from the file's own characters, give it a name that ends in .txt.";
  if (!Array.isArray(values)) throw new Error(`${name} holds ${show(values)}; ${form}. ${instead}`);
  const wrong = values.findIndex((value) => typeof value !== "string" || /[\n\r]/.test(value));
  if (wrong < 0) return values;
  const found = typeof values[wrong] === "string" ? "has a line end in it" : `is ${show(values[wrong])}`;
  throw new Error(
    `Entry ${wrong + 1} of the ${many(values.length, "entry", "entries")} of ${name} ${found}; ${form}, each of one line. ${instead}`,
  );
}

function parsed(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${place} is no JSON: ${(error as Error).message}. Mend it, or give a text a name in .txt.`);
  }
}

const linesOf = (text: string, name: string): unknown[] =>
  text.split("\n").flatMap((line, i) => (line.trim() === "" ? [] : [parsed(line, `${name}, line ${i + 1},`)]));
