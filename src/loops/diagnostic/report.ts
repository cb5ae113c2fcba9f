import { escapeHtml } from "../../io/html.js";
import { many } from "../../io/show.js";
import { nearestNeighbours } from "../../metrics/index.js";
import { type Drawn, type GroupDiagnosis, type MeasuredGroup, rowsIn } from "./diagnose.js";
import type { DrawnKind } from "./finding.js";
import type { Figure } from "./terms.js";

/** What a diagnosis says, as JSON. */
export interface Diagnosis {
  /** What is drawn. */
  kind: DrawnKind;
  model: string;
  data: string;
  /** Where the samples were looked for. */
  split: "train" | "test";
  judge: string;
  seed: number;
  by: "class" | "cluster";
  /** Samples that were drawn. */
  count: number;
  /** Network evaluations of each. */
  nfe: number;
  /** Worst first. */
  groups: GroupDiagnosis[];
  tooFew: { name: string; real: number }[];
}

/** What a diagnosis says, without what it was made from. */
export const told = (
  { kind, by, count, nfe, split, groups, tooFew }: Drawn,
  about: Pick<Diagnosis, "model" | "data" | "judge" | "seed">,
): Diagnosis => ({
  kind,
  ...about,
  ...{ split, by, count, nfe },
  groups: groups.map(({ index: _, terms: __, rows: ___, centres: ____, ...group }) => group),
  tooFew,
});

const percent = (value: number) => value.toFixed(3);

/** A figure as text: its value, its interval, and what real images reach. */
export const figureText = ({ value, interval, floor }: Figure): string =>
  `${percent(value)}${interval ? ` (${percent(Math.max(0, interval[0]))} … ${percent(interval[1])})` : ""} / ${percent(floor)}`;

/** Columns of the table of a diagnosis. */
export const HEAD = ["", "score", "precision", "recall", "density", "coverage", "accuracy", "finding"];

/** A row of it. */
export const rowOf = (group: GroupDiagnosis): string[] => [
  group.name,
  figureText(group.score),
  ...(["precision", "recall", "density", "coverage"] as const).map((name) => figureText(group[name])),
  group.accuracy ? figureText(group.accuracy) : "",
  [
    group.finding,
    ...(group.share === null ? [] : [`drawn ${group.share.toFixed(2)} times as often as real`]),
    ...hardKinds(group),
  ].join("; "),
];

const hardKinds = ({ kinds }: GroupDiagnosis): string[] =>
  kinds
    .filter(({ hard }) => hard)
    .map(({ cluster, coverage, n }) => `of kind ${cluster + 1} ${percent(1 - coverage.value)} of ${n} missed`);

/** Groups that are shown in pictures at most. */
const SHOWN = 8;

/** How a report shows what a diagnosis is of. */
export interface Pictures {
  /** How many at a time, at most. */
  most: number;
  /** Some real ones, or samples, by their place in the diagnosis's sets, as PNG. */
  png(from: "real" | "samples", rows: readonly number[]): Promise<Uint8Array>;
}

/** Texts as a row of an HTML table. */
export const htmlRow = (texts: readonly string[], tag: "td" | "th" = "td"): string =>
  `<tr>${texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("")}</tr>`;

/** A PNG with what is said under it, as HTML that needs no other file. */
export const htmlFigure = (png: Uint8Array, caption: string, alt = caption): string =>
  `<figure><img alt="${escapeHtml(alt)}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}"><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

/** A diagnosis as HTML: the table, and for the worst groups what is missed and what is unlike any real image. */
export async function diagnosisHtml(found: Drawn, about: Diagnosis, pictures: Pictures): Promise<string> {
  const sections = await Promise.all(found.groups.slice(0, SHOWN).map((group) => groupHtml(group, found, pictures)));
  const few = about.tooFew.map(({ name, real }) => `${name} (${real})`).join(", ");
  return `<p>${escapeHtml(about.model)}: ${many(about.count, "sample")} of ${many(about.nfe, "network evaluation")} each, beside
${about.split === "test" ? "test" : "training"} ${about.kind}s of ${escapeHtml(about.data)}, judged by ${escapeHtml(about.judge)} (seed ${about.seed}). Worst first.
Each figure: value (95 % interval) / what real ${about.kind}s reach. The score is the harmonic mean of density, coverage and accuracy beside real ${about.kind}s.</p>
<table>${htmlRow(HEAD, "th")}${about.groups.map((group) => htmlRow(rowOf(group))).join("\n")}</table>
${few ? `<p>Too few ${about.kind}s to say anything: ${escapeHtml(few)}.</p>` : ""}
${sections.join("\n")}`;
}

async function groupHtml(group: MeasuredGroup, { kind, sets }: Drawn, { most, png }: Pictures): Promise<string> {
  const { terms, rows, name } = group;
  const missed = first(rows.real, most, (i) => terms.drawn.coverage[i] === 0);
  const unlike = first(rows.samples, most, (i) => terms.drawn.precision[i] === 0);
  const wrong = first(rows.samples, most, (i) => terms.drawn.accuracy?.[i] === 0);
  const near = (from: "real" | "samples", queries: readonly number[], to: "real" | "samples") => {
    const base = rows[to];
    if (queries.length === 0 || base.length === 0) return [];
    const { indices } = nearestNeighbours(rowsIn(sets[from].features, queries), rowsIn(sets[to].features, base));
    return Array.from(indices, (at) => base[at]);
  };
  const figure = async (caption: string, from: "real" | "samples", rows: readonly number[]) =>
    rows.length === 0 ? "" : htmlFigure(await png(from, rows), caption);
  const figures = [
    await figure(`Real ${kind}s that no sample is like`, "real", missed),
    await figure("… and the samples nearest to them", "samples", near("real", missed, "samples")),
    await figure(`Samples that are like no real ${kind}`, "samples", unlike),
    await figure(`… and the real ${kind}s nearest to them`, "real", near("samples", unlike, "real")),
    await figure("Samples that the judge takes for another class", "samples", wrong),
  ];
  return `<section><h2>${escapeHtml(name)}</h2><p>${escapeHtml(rowOf(group).at(-1)!)}</p>${figures.join("")}</section>`;
}

const first = (rows: readonly number[], most: number, holds: (i: number) => boolean): number[] =>
  rows.filter((_, i) => holds(i)).slice(0, most);

/** Style of tables in reports. */
export const TABLE_STYLE = `table { border-collapse: collapse; } th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ddd;
  font-size: 13px; vertical-align: top; }
section { margin-top: 2rem; }`;
