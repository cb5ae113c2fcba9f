import type { Found, Line, Report } from "./report.js";

const isShare = (value: unknown) => typeof value === "number" && value >= 0 && value <= 1;
const isInterval = (value: unknown) =>
  value === null || (Array.isArray(value) && value.length === 2 && value.every(Number.isFinite));

/** What is not as it can be in bars: a sentence's end; null: nothing. */
function faultOfLines(lines: readonly Line[]): string | null {
  const names = new Set<unknown>();
  for (const { name, marks, floor, note } of lines) {
    if (typeof name !== "string") return "one of its skills or classes has no name";
    if (names.has(name)) return `it has "${name}" twice`;
    names.add(name);
    for (const { value, interval } of marks)
      if (!isShare(value) || !isInterval(interval)) return `"${name}" has ${value} where a share from 0 to 1 is`;
    if (!(floor === null || isShare(floor)) || /NaN|undefined/.test(note)) return `of "${name}" something is missing`;
  }
  return null;
}

function faultOfFound({ lines, parts, wrong }: Found): string | null {
  const bad = wrong.find(({ skill, question, answer, said }) =>
    [skill, question, answer, said].some((text) => typeof text !== "string"),
  );
  if (bad) return "one of its wrong answers lacks its question or what was said";
  if (parts.some(({ wrong, n, elsewhere }) => ![wrong, n, elsewhere].every(Number.isFinite)))
    return "one of its parts has no number";
  return faultOfLines(lines);
}

/** What is missing in a report, or cannot be, as a sentence's end; null: it is whole. */
export function faultOf(report: Report): string | null {
  if (report.kind === "diagnosis") return faultOfFound(report.found);
  for (const { name, shares, lines, changes, found } of report.rounds) {
    const numbers = [...shares.flatMap(({ score, times }) => [score, times]), ...changes.map(({ value }) => value)];
    const fault = !numbers.every(Number.isFinite)
      ? "a number is missing"
      : !changes.every(({ interval }) => interval && isInterval(interval))
        ? "a change has no interval"
        : (faultOfLines(lines) ?? (found && faultOfFound(found)));
    if (fault) return `in ${name.toLowerCase()} ${fault}`;
  }
  return null;
}
