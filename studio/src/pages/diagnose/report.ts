import type { AnswerDiagnosis, Diagnosis, Improvement } from "../../../../src/loops/diagnostic/index.js";
import { faultOf } from "./whole.js";

/** A value between 0 and 1 with its 95 % interval. */
export interface Mark {
  /** When it was measured, such as "before". */
  label: string;
  value: number;
  interval: readonly [number, number] | null;
}

/** A skill, class or cluster as a line of bars. */
export interface Line {
  name: string;
  marks: readonly Mark[];
  /** What is reached without looking, or by real images. */
  floor: number | null;
  note: string;
}

/** A wrong answer; its picture is drawn from the probe's number, where it is one of scenes. */
export interface Wrong {
  skill: string;
  question: string;
  answer: string;
  said: string;
  cause: string | null;
  probe: number | null;
}

/** What a diagnosis has found, of answers or of images. */
export interface Found {
  about: string;
  lines: Line[];
  /** What the mark on a bar is. */
  floor: string;
  parts: { name: string; wrong: number; n: number; elsewhere: number }[];
  wrong: Wrong[];
  /** Sentences: what was left out, what it cost. */
  notes: string[];
}

/** A round, or the beginning beside the result. */
export interface RoundView {
  name: string;
  kept: boolean | null;
  why: string;
  costs: string[];
  /** Scores as the round was steered by, and shares of the mixture as multiples of an equal one; worst first. */
  shares: { name: string; score: number; times: number }[];
  /** On held-out images or questions: before and after, and of the control. */
  lines: Line[];
  targets: readonly string[];
  changes: { name: string; value: number; interval: readonly [number, number] }[];
  found: Found | null;
  pictures: Picture[];
}

export interface Picture {
  src: string;
  caption: string;
}

/** What the page shows. */
export type Report = { name: string } & (
  | { kind: "diagnosis"; found: Found; pictures: Picture[] }
  | { kind: "improvement"; about: string; ended: string | null; rounds: RoundView[] }
);

/** A file as it was dropped or sent: its path, and what it holds. */
export interface Given {
  path: string;
  text: string;
}

const percent = (share: number) => `${(100 * share).toFixed(share === 0 || share === 1 ? 0 : 1)} %`;
const plural = (n: number, word: string) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

/**
 * What stands in a folder of `fewstep improve` or `fewstep diagnose`, or in a file of its JSON.
 * @throws with a sentence where nothing of that is there, or it is not whole
 */
export function readReport(files: readonly Given[]): Report {
  const jsons = files.filter(({ path }) => path.endsWith(".json"));
  const parsed = jsons.map((file) => ({ ...file, json: parse(file) }));
  const improvement = parsed.find(({ json }) => json?.format === 1 && Array.isArray(json.rounds) && json.plan);
  const diagnosis = parsed.find(({ json }) => isDiagnosis(json?.found ?? json));
  const main = improvement ?? diagnosis;
  if (main) {
    let report: Report;
    try {
      report = improvement ? improvementOf(improvement, parsed, files) : diagnosisOf(main, files);
    } catch {
      throw new Error(`${main.path} is not whole, or of another version: something that a report has is missing.`);
    }
    const fault = faultOf(report);
    if (fault) throw new Error(`${main.path} is not whole, or of another version: ${fault}.`);
    return report;
  }
  const what =
    jsons.length === 0
      ? "No JSON file is among these"
      : jsons.length === 1
        ? `${jsons[0].path} is neither a diagnosis nor an improvement`
        : `None of ${jsons.length} JSON files is a diagnosis or an improvement`;
  throw new Error(`${what}. Take what fewstep diagnose --json prints, or the folder that fewstep improve has written.`);
}

const diagnosisOf = ({ path, json }: Given & { json: any }, files: readonly Given[]): Report => ({
  ...{ name: titleOf(path), kind: "diagnosis" },
  ...{ found: foundOf(json), pictures: pageBeside(path, files) },
});

function parse({ path, text }: Given): any {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/(diagnosis|improve)\.json$/.test(path)) throw new Error(`${path} is no JSON (${(error as Error).message}).`);
    return null;
  }
}

const isDiagnosis = (json: any): boolean =>
  (Array.isArray(json?.skills) &&
    json.skills.some((one: any) => typeof one?.accuracy === "number" && "causes" in one)) ||
  (Array.isArray(json?.groups) && json.groups.some((one: any) => typeof one?.score?.value === "number"));

const folderOf = (path: string) => path.split("/").slice(0, -1).join("/");
const titleOf = (path: string) => folderOf(path).split("/").at(-1) || path;

/** Pictures of the page that stands beside a JSON file. */
function pageBeside(path: string, files: readonly Given[]): Picture[] {
  const page = files.find((file) => file.path.endsWith(".html") && folderOf(file.path) === folderOf(path));
  return page && typeof DOMParser !== "undefined" ? picturesOf(page.text) : [];
}

/** Pictures with what stands under them; nothing else of a page is taken. */
export function picturesOf(html: string): Picture[] {
  const figures = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("figure")];
  return figures.flatMap((figure) => {
    const src = figure.querySelector("img")?.getAttribute("src") ?? "";
    const heading = figure.closest("section")?.querySelector("h2")?.textContent ?? "";
    const caption = figure.querySelector("figcaption")?.textContent ?? "";
    const named = heading.startsWith("Some wrong") || heading === "" ? caption : `${heading}: ${caption}`;
    return src.startsWith("data:image/png;base64,") ? [{ src, caption: named }] : [];
  });
}

/** @throws where something is missing */
export function foundOf(json: any): Found {
  const found = json.found ?? json;
  const notes = json.spent ? [spentText(json.spent)] : [];
  return Array.isArray(found.skills) ? answersOf(found, notes) : imagesOf(found, notes);
}

function answersOf(found: AnswerDiagnosis, notes: string[]): Found {
  const without = Object.entries(found.unanswered ?? {}).map(([skill, n]) => `${skill} ${n}`);
  return {
    about: `${found.model}, asked ${plural(
      found.skills.reduce((sum, { n }) => sum + n, 0),
      "question",
    )} of ${found.data}`,
    floor: "right without looking",
    lines: found.skills.map(({ skill, accuracy, interval, floor, n, causes }) => ({
      ...{ name: skill, floor: floor ?? null, marks: [{ label: "right", value: accuracy, interval }] },
      note: [`${Math.round(accuracy * n)} of ${n}`, ...causesOf(causes)].join(" · "),
    })),
    parts: found.slices.map(({ skill, about, n, wrong, elsewhere }) => ({
      name: `${skill}: ${about}`,
      n,
      wrong,
      elsewhere,
    })),
    wrong: worstFirst(found).map(({ skill, question, answer, said, cause, index }) => ({
      ...{
        skill,
        question,
        answer,
        said,
        cause,
        probe: found.data === "scenes" && Number.isInteger(index) ? index : null,
      },
    })),
    notes: [...(without.length > 0 ? [`Without an answer, and not counted: ${without.join(", ")}.`] : []), ...notes],
  };
}

/** Wrong answers in the order of their skills. */
function worstFirst({ skills, failures }: AnswerDiagnosis) {
  const place = new Map(skills.map(({ skill }, i) => [skill, i]));
  return failures.toSorted((a, b) => (place.get(a.skill) ?? 0) - (place.get(b.skill) ?? 0));
}

const causesOf = (causes: Readonly<Record<string, number>>) =>
  Object.entries(causes)
    .filter(([, n]) => n > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, n]) => `${n} ${cause}`);

function imagesOf(found: Diagnosis, notes: string[]): Found {
  const few = found.tooFew.map(({ name, real }) => `${name} (${real})`);
  return {
    about: `${found.model}: ${plural(found.count, "sample")} beside ${found.split === "test" ? "test" : "training"} ${found.kind}s of ${found.data}, judged by ${found.judge}`,
    floor: `real ${found.kind}s`,
    lines: found.groups.map(({ name, score, finding, accuracy }) => ({
      ...{ name, floor: score.floor, marks: [{ label: "score", value: score.value, interval: score.interval }] },
      note: [finding, ...(accuracy ? [`taken for it ${percent(accuracy.value)}`] : [])].join(" · "),
    })),
    ...{ parts: [], wrong: [] },
    notes: [...(few.length > 0 ? [`Too few ${found.kind}s to say anything: ${few.join(", ")}.`] : []), ...notes],
  };
}

function spentText({ calls, items, answered, failed, lost, tokens }: any): string {
  const bad = Object.values(failed as Record<string, number>).reduce((a, b) => a + b, 0);
  const lostText = lost > 0 ? `, ${lost} lost` : "";
  return `${plural(calls, "call")} for ${plural(items, "question")}: ${answered} answered, ${bad} calls failed${lostText}; ${plural(tokens.in, "token")} in, ${plural(tokens.out, "token")} out.`;
}

function improvementOf(
  { path, json }: Given & { json: Improvement },
  parsed: readonly (Given & { json: any })[],
  files: readonly Given[],
): Report {
  const { plan, rounds, ended, final } = json;
  const root = folderOf(path);
  const inRoot = (file: string) => (root ? `${root}/${file}` : file);
  const views = rounds.map((one): RoundView => {
    const beside = inRoot(`round-${one.round}/diagnosis.json`);
    const diagnosis = parsed.find((file) => file.path === beside);
    const control = one.control?.groups;
    return {
      ...{ name: `Round ${one.round}`, kept: one.kept, why: one.why, targets: one.targets },
      costs: [plural(one.steps, "training step"), `${one.seconds} s in all`, ...rewardText(one.reinforced)],
      shares: one.groups.map(({ name, score, times }) => ({ name, score, times })),
      lines: linesOf(one.comparison.groups, control),
      changes: changesOf(one.comparison, one.control),
      found: diagnosis ? foundOf(diagnosis.json) : null,
      pictures: pageBeside(beside, files),
    };
  });
  const last: RoundView[] = final
    ? [
        {
          ...{ name: "Beginning and result", kept: null, why: "", costs: [], shares: [], targets: rounds[0].targets },
          ...{ lines: linesOf(final.groups), changes: changesOf(final, null), found: null, pictures: [] },
        },
      ]
    : [];
  return {
    ...{ name: titleOf(path), kind: "improvement", ended },
    about: `From ${plan.run} on ${plan.data}${plan.judge === null ? "" : `, judged by ${plan.judge}`}, ${plural(plan.rounds, "round")} at most`,
    rounds: [...views, ...last],
  };
}

type Pairs = Improvement["rounds"][number]["comparison"]["groups"];

/** Worst before first. */
const linesOf = (groups: Pairs, control?: Pairs): Line[] =>
  groups
    .toSorted((a, b) => a.before.value - b.before.value)
    .map(({ name, before, after }) => {
      const beside = control?.find((one) => one.name === name);
      const mark = (label: string, { value, interval }: typeof before): Mark => ({ label, value, interval });
      return {
        ...{
          name,
          floor: null,
          note: `${after.value < before.value ? "−" : "+"}${Math.abs(after.value - before.value).toFixed(3)}`,
        },
        marks: [mark("before", before), mark("after", after), ...(beside ? [mark("control", beside.after)] : [])],
      };
    });

function changesOf(own: Improvement["rounds"][number]["comparison"], control: typeof own | null) {
  const of = (name: string, change: { value: number; interval: readonly [number, number] } | null) =>
    change ? [{ name, ...change }] : [];
  return [
    ...of("what was worst", own.targets),
    ...of("the others", own.others),
    ...of("what was worst, by the control", control?.targets ?? null),
  ];
}

function rewardText(reinforced: Improvement["rounds"][number]["reinforced"]): string[] {
  if (!reinforced) return [];
  const { questions, rollouts, tokens, groups, alike, ended } = reinforced;
  return [
    `by reward: ${questions.kept} of ${plural(questions.drawn, "question")} kept, ${plural(rollouts, "answer")} of ${plural(tokens, "token")}`,
    `${alike} of ${plural(groups, "group")} without a difference${ended ? `; ended early, as ${ended}` : ""}`,
  ];
}
