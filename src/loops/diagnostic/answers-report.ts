import type { SceneDataset } from "../../data/index.js";
import { sceneImages } from "../../data/scenes/index.js";
import { escapeHtml } from "../../io/html.js";
import { encodeGrid } from "../../io/images.js";
import { many } from "../../io/show.js";
import { type AnswerDiagnosis, CAUSES, type Cause, type Failure, type SkillDiagnosis } from "./answers.js";
import { htmlFigure, htmlRow } from "./report.js";
import type { Slice } from "./slices.js";

/** A share as text. */
export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
/** An accuracy with its interval as text. */
export const rightCell = (accuracy: number, interval: readonly number[]) =>
  `${percent(accuracy)} (${interval.map((end) => (100 * end).toFixed(1)).join(" … ")})`;
const causes = Object.keys(CAUSES) as Cause[];

/** Columns of the table of a diagnosis of answers. */
export const ANSWERS_HEAD = ["skill", "questions", "right (95 % interval)", "without looking", "chance"];
/** The same with how many wrong answers have which cause. */
export const CAUSES_HEAD = [...ANSWERS_HEAD, ...causes];

/** A row of it: skill, accuracy with its interval, and what is right without looking or by chance. */
export const skillRow = ({
  skill,
  n,
  accuracy,
  interval,
  floor,
  chance,
}: Omit<SkillDiagnosis, "causes" | "right">): string[] => [
  skill,
  String(n),
  rightCell(accuracy, interval),
  percent(floor),
  percent(chance),
];
export const causesRow = (one: SkillDiagnosis): string[] => [
  ...skillRow(one),
  ...causes.map((cause) => String(one.causes[cause] || "")),
];

export const SLICES_HEAD = ["skill", "where the question", "wrong", "elsewhere", "p"];
export const sliceRow = ({ skill, about, n, wrong, elsewhere, p }: Slice): string[] => [
  ...[skill, about, `${wrong} of ${n} (${percent(wrong / n)})`, percent(elsewhere), p.toPrecision(2)],
];

/** Of questions without an answer, in a sentence; empty where there are none. */
export function showUnanswered(unanswered: Readonly<Record<string, number | undefined>>): string {
  const all = Object.entries(unanswered).map(([skill, n]) => `${skill} ${n}`);
  return all.length === 0 ? "" : `Without an answer, and counted neither as right nor as wrong: ${all.join(", ")}.`;
}

/** A table as HTML. */
export const htmlTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<table>${htmlRow(head, "th")}${rows.map((row) => htmlRow(row)).join("\n")}</table>`;

/** What was not answered, what the causes in the table mean, and which parts of skills stand out, as HTML. */
export function reasonsHtml(
  unanswered: Readonly<Record<string, number | undefined>>,
  causes: Readonly<Record<string, string>>,
  slices: readonly Slice[],
): string {
  const told = Object.entries(causes).map(([cause, text]) => `<dt>${cause}</dt><dd>${escapeHtml(text)}</dd>`);
  return `<p>${escapeHtml(showUnanswered(unanswered))}</p>
<dl>${told.join("")}</dl>
<section><h2>Parts of a skill that are wrong more often than its other questions</h2>
${slices.length === 0 ? "<p>None stands out.</p>" : `<p>p is corrected for all parts (Holm).</p>${htmlTable(SLICES_HEAD, slices.map(sliceRow))}`}</section>`;
}

/** A diagnosis of answers as HTML: skills and why they fail, parts that stand out, and wrong answers with their pictures. */
export async function answersHtml(diagnosis: AnswerDiagnosis, dataset: SceneDataset): Promise<string> {
  const { model, data, seed, skills, slices, failures, unanswered } = diagnosis;
  return `<p>${escapeHtml(model)}: ${many(skills[0].n + (unanswered[skills[0].skill] ?? 0), "fresh question")} of each skill, of ${escapeHtml(data)} (seed ${seed}). Worst first.</p>
${htmlTable(CAUSES_HEAD, skills.map(causesRow))}
${reasonsHtml(unanswered, CAUSES, slices)}
<section><h2>Some wrong answers</h2>${(await Promise.all(failures.map((one) => failureHtml(one, dataset)))).join("\n")}</section>`;
}

async function failureHtml({ skill, question, answer, said, cause, index }: Failure, dataset: SceneDataset) {
  const { scene } = dataset.probe("steering", skill, index);
  const { pixels, shape } = sceneImages([scene]);
  const png = await encodeGrid("png", pixels, shape, { columns: 1, scale: 3 });
  const caption = `${skill}: ${question}? It is ${answer}, not ${said || "nothing"} (${cause ?? "why is not known"})`;
  return htmlFigure(png, caption, question);
}
