/** A row of a table in text. */
export interface SeparatedRow {
  /** Where it begins, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
  /** As it stands there. */
  readonly text: string;
}

/**
 * Rows of a table in text whose cells a separator parts, empty lines too; a cell in double quotes may hold separators and, as
 * two, quotes, and with `spanning` line ends.
 */
export function* separated(
  text: string,
  separator: "\t" | ",",
  { spanning = false }: { spanning?: boolean } = {},
): Generator<SeparatedRow> {
  let [cells, quoted, line]: [string[], boolean, number] = [[""], false, 1];
  let begin = { at: 0, line };
  for (let at = 0; at <= text.length; at++) {
    const letter = text[at];
    const ends = letter === undefined || letter === "\n" || letter === "\r";
    if (ends && !(spanning && quoted && letter !== undefined)) {
      yield { line: begin.line, cells, text: text.slice(begin.at, at) };
      if (letter === "\r" && text[at + 1] === "\n") at++;
      [cells, quoted] = [[""], false];
      begin = { at: at + 1, line: ++line };
      continue;
    }
    if (letter === "\n") line++;
    if (quoted && letter === '"' && text[at + 1] === '"') cells[cells.length - 1] += text[++at];
    else if (letter === '"' && (quoted || cells[cells.length - 1] === "")) quoted = !quoted;
    else if (letter === separator && !quoted) cells.push("");
    else cells[cells.length - 1] += letter;
  }
}
