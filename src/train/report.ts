import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { writeFileAtomic } from "../io/atomic.js";
import { escapeHtml, htmlPage } from "../io/html.js";
import { formatDuration } from "./duration.js";
import { readConfig } from "./folder.js";
import { type MetricsRow, readMetrics } from "./metrics.js";
import { listSheets } from "./samples.js";

/** Points per curve; longer ones are averaged in equal pieces. */
const POINTS = 800;
/** Sample sheets per stage: the first, the last and evenly between. */
const SHEETS = 6;

interface Curves {
  stage: string;
  steps: number[];
  /** By metric; null where a step did not return it. */
  values: Record<string, (number | null)[]>;
}

/**
 * Writes report.html of the run in `out`: configuration, curves and sample sheets in one file that needs nothing else.
 * Made from config.json, metrics.jsonl and samples/; `rowNames` are those of a stage's sample sheets. Returns its path.
 */
export async function writeReport(out: string, rowNames: Record<string, readonly string[]> = {}): Promise<string> {
  const config = await readConfig(out);
  const rows: MetricsRow[] = [];
  for await (const row of readMetrics(join(out, "metrics.jsonl"))) rows.push(row);
  const stages = [...new Set(rows.map((row) => row.stage))];
  const curves = stages.map((stage) =>
    curvesOf(
      stage,
      rows.filter((row) => row.stage === stage),
    ),
  );
  const sheets = await shownSheets(out);
  const resolve = createRequire(import.meta.url).resolve;
  const [script, style] = await Promise.all(
    ["uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css"].map((f) => readFile(resolve(f), "utf8")),
  );
  const path = join(out, "report.html");
  await writeFileAtomic(path, html({ title: basename(out), config, rows, curves, sheets, rowNames, script, style }));
  return path;
}

/** The stage's metrics in at most `POINTS` means of consecutive steps. */
function curvesOf(stage: string, rows: MetricsRow[]): Curves {
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => !["step", "stage", "seconds"].includes(name),
  );
  const pieces = Math.min(POINTS, rows.length);
  const bounds = Array.from({ length: pieces + 1 }, (_, i) => Math.round((i * rows.length) / pieces));
  const mean = (name: string, from: number, to: number) => {
    const values = rows.slice(from, to).flatMap((row) => (typeof row[name] === "number" ? [row[name]] : []));
    return values.length > 0 ? Number((values.reduce((a, b) => a + b) / values.length).toPrecision(5)) : null;
  };
  const perPiece = <T>(f: (from: number, to: number) => T) => bounds.slice(1).map((to, i) => f(bounds[i], to));
  return {
    stage,
    steps: perPiece((_, to) => rows[to - 1].step),
    values: Object.fromEntries(metrics.map((name) => [name, perPiece((from, to) => mean(name, from, to))])),
  };
}

interface Sheet {
  stage: string;
  step: number;
  /** As HTML. */
  content: string;
}

async function shownSheets(out: string): Promise<Sheet[]> {
  const sheets = await listSheets(out);
  const shown = [...new Set(sheets.map(({ stage }) => stage))].flatMap((stage) => {
    const own = sheets.filter((sheet) => sheet.stage === stage);
    const last = own.length - 1;
    const indices = Array.from({ length: SHEETS }, (_, i) => Math.round((i * last) / (SHEETS - 1)));
    return [...new Set(indices)].map((i) => own[i]);
  });
  return await Promise.all(
    shown.map(async ({ path, stage, step }) => ({
      stage,
      step,
      content: path.endsWith(".txt")
        ? `<pre>${escapeHtml(await readFile(path, "utf8"))}</pre>`
        : `<img alt="Samples after step ${step}" src="data:image/png;base64,${await readFile(path, "base64")}">`,
    })),
  );
}

interface Content {
  title: string;
  config: unknown;
  rows: MetricsRow[];
  curves: Curves[];
  sheets: Sheet[];
  rowNames: Record<string, readonly string[]>;
  /** uPlot's code and style sheet. */
  script: string;
  style: string;
}

function html({ title, config, rows, curves, sheets, rowNames, script, style }: Content): string {
  const last = rows.at(-1);
  const summary = last ? `${last.step} steps in ${formatDuration(last.seconds)}` : "No training step yet";
  const sections = curves.map(({ stage }) => {
    const pictures = sheets
      .filter((sheet) => sheet.stage === stage)
      .map(({ step, content }) => `<figure>${content}<figcaption>step ${step}</figcaption></figure>`);
    const rows = rowNames[stage] ? `<p>Rows: ${escapeHtml(rowNames[stage].join(", "))}.</p>` : "";
    return `<section><h2>${escapeHtml(stage)}</h2>
<div class="plots" data-stage="${escapeHtml(stage)}"></div>
${rows}<div class="sheets">${pictures.join("")}</div></section>`;
  });
  return htmlPage(title, {
    style: `${style}
.plots, .sheets { display: flex; flex-wrap: wrap; gap: 1rem; }`,
    body: `<p>${summary}.</p>
${sections.join("\n")}
<details><summary>Configuration</summary><pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre></details>
<script type="application/json" id="curves">${JSON.stringify(curves).replaceAll("<", "\\u003c")}</script>
<script>
${script}
</script>
<script>
for (const { stage, steps, values } of JSON.parse(document.getElementById("curves").textContent))
  for (const [name, data] of Object.entries(values))
    new uPlot({
      title: name, width: 580, height: 260, scales: { x: { time: false } },
      axes: [{}, { size: 72 }],
      series: [{ label: "step" }, { label: name, stroke: "#0b6bcb", width: 1.5 }],
    }, [steps, data], [...document.querySelectorAll(".plots")].find((e) => e.dataset.stage === stage));
</script>`,
  });
}
