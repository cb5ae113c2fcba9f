import { escapeHtml } from "../../io/html.js";
import { htmlTable, reasonsHtml, rightCell } from "./answers-report.js";
import { LABELLED_CAUSES, type LabelledCause, type LabelledDiagnosis, type LabelledSkill } from "./labelled.js";
import { htmlFigure } from "./report.js";

const causes = Object.keys(LABELLED_CAUSES) as LabelledCause[];

/** Columns of the table of a diagnosis of labelled questions. */
export const LABELLED_HEAD = ["skill", "questions", "right (95 % interval)", ...causes];

export const labelledRow = ({ skill, n, accuracy, interval, causes: own }: LabelledSkill): string[] => [
  ...[skill, String(n), rightCell(accuracy, interval)],
  ...causes.map((cause) => String(own[cause] || "")),
];

/** A diagnosis of labelled questions as HTML; `pictureOf` gives the picture of a question as PNG, or null. */
export async function labelledHtml(
  { model, data, skills, slices, failures, unanswered }: LabelledDiagnosis,
  pictureOf: (id: string) => Promise<Uint8Array | null>,
): Promise<string> {
  const shown = await Promise.all(
    failures.map(async ({ id, skill, question, answer, said, cause }) => {
      const caption = `${skill}, ${id}: ${question} It is ${answer}, not ${said || "nothing"} (${cause})`;
      const png = await pictureOf(id);
      return png ? htmlFigure(png, caption, question) : `<p>${escapeHtml(caption)}</p>`;
    }),
  );
  return `<p>${escapeHtml(model)}: questions of ${escapeHtml(data)}. Worst first.</p>
${htmlTable(LABELLED_HEAD, skills.map(labelledRow))}
${reasonsHtml(unanswered, LABELLED_CAUSES, slices)}
<section><h2>Some wrong answers</h2>${shown.join("\n")}</section>`;
}
