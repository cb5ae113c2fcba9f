import { many } from "../io/show.js";
import { type DataReport, dataReport, type LeftOut } from "./report.js";
import type { LinesFound, TextDataset, TextFound } from "./text.js";

/** What is told of a text. `source`: where it is from, with the hash of its file, and notes. */
export function textReport(
  { id, lines, train, judge, test, found, linesFound }: TextDataset,
  { notes = [], ...source }: Pick<DataReport, "path" | "files"> & Partial<Pick<DataReport, "notes">>,
): DataReport {
  const [learned, judged, tested] = [train, judge, test].map((part) => {
    if (!lines) return part.length;
    let count = 0;
    for (const _ of part.lineBounds()) count++;
    return count;
  });
  const all = learned + judged + tested;
  const percent = (part: number) => `${Math.round((100 * part) / all)} %`;
  return dataReport({
    kind: "text",
    id,
    content: [
      many(all, lines ? "line" : "character"),
      `${percent(judged)} for judges`,
      `${percent(tested)} for testing`,
      ...(found ? [`${found.encoding} (${KNOWN_BY[found.encodingBy]})`, ...lineEndsText(found)] : []),
    ],
    leftOut: linesFound ? leftOutLines(linesFound) : [],
    notes: [...guessed(id, found), ...notes],
    classes: null,
    train: learned,
    test: tested,
    ...source,
  });
}

const KNOWN_BY = { mark: "by its byte order mark", content: "by its content", option: "as asked" } as const;

/** Line ends other than `\n`, which all are read as. */
function lineEndsText({ lineEnds: { lf, crlf, cr } }: TextFound): string[] {
  if (crlf + cr === 0) return [];
  const kinds = [
    ...(lf > 0 ? [`${lf} LF`] : []),
    ...(crlf > 0 ? [`${crlf} CRLF`] : []),
    ...(cr > 0 ? [`${cr} CR`] : []),
  ];
  return [`line ends ${kinds.join(" and ")}`];
}

const leftOutLines = ({ repeated, empty }: LinesFound): LeftOut[] =>
  [
    { count: repeated, why: "repeated" },
    { count: empty, why: "empty" },
  ].flatMap(({ count, why }) => (count > 0 ? [{ count, what: count === 1 ? "line" : "lines", why, files: [] }] : []));

/** A note where the encoding is a guess that may be wrong. */
const guessed = (id: string, found?: TextFound): string[] =>
  found?.encodingBy === "content" && found.encoding !== "utf-8"
    ? [`${id} is read as ${found.encoding}, by its content.`]
    : [];
