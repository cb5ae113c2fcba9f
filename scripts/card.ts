import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../src/io/index.js";
import type { MetricReport } from "../src/metrics/index.js";
import type { ModelConfig } from "../src/models/files.js";

export const figure = (x: number) => Number(x.toPrecision(3));

/** Metrics with intervals and floors as a Markdown table. */
export const metricTable = (metrics: readonly MetricReport[]): string[] => [
  "| metric | value | 95 % interval | real against real |",
  "|---|---|---|---|",
  ...metrics.map(
    ({ name, value, interval, floor }) =>
      `| ${name} | ${figure(value)} | ${interval ? `${figure(interval[0])} … ${figure(interval[1])}` : ""} | ${floor === null ? "" : figure(floor)} |`,
  ),
];

export interface Card {
  config: ModelConfig;
  /** Name of the folder in models/. */
  name: string;
  what: string;
  /** Under the first line: pictures or texts. */
  shown: string[];
  data: { id: string; size: string; licence: string; attribution: string };
  measured: string[];
  /** Kept as metrics.json. */
  metrics: unknown;
}

/** Writes README.md and metrics.json of a shipped model. The section "Limits" of an existing card is kept. */
export async function writeCard(folder: string, card: Card): Promise<string> {
  const { config, name, what, shown, data, measured, metrics } = card;
  const { classNames, training, method } = config;
  const path = join(folder, "README.md");
  const old = existsSync(path) ? readFileSync(path, "utf8") : "";
  const limits = old.includes("## Limits") ? old.slice(old.indexOf("## Limits")) : "## Limits\n";
  const settings = training.settings as Record<string, unknown>;
  const lines = [
    `# ${name}`,
    "",
    what,
    "",
    ...shown,
    "",
    `- **Data:** ${data.id}: ${data.size}. Licence: ${data.licence}. ${data.attribution}.`,
    `- **Training:** ${training.seconds} s of wall clock, ${training.steps} steps, on ${training.machine ?? "two shared CPU cores"}.`,
    `- **Reproduce:** \`${training.command ?? `fewstep train ${method} --data ${data.id} --preset small`}\``,
    ...(classNames ? [`- **Classes:** ${classNames.join(", ")}.`] : []),
    `- **Seed:** ${settings.seed ?? 0}. All settings stand in config.json.`,
    "",
    "## Measured",
    "",
    ...measured,
    "",
    limits.trimEnd(),
    "",
  ];
  await writeFileAtomic(path, lines.join("\n"));
  await writeFileAtomic(join(folder, "metrics.json"), `${JSON.stringify(metrics, null, 1)}\n`);
  return path;
}
