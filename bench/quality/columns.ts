import { median, round } from "../report.js";

/** Columns of a table of quality, and how the metrics begin that stand in them. */
export const COLUMNS: Readonly<Record<string, RegExp>> = {
  FDr: /\(FDr\)/,
  judge: /^Fréchet distance on (?!pixel)(?!classifier-mnist)/,
  "pixel PCA": /^Fréchet distance on pixel/,
  "other judge": /^Fréchet distance on classifier-mnist/,
  precision: /^Precision/,
  recall: /^Recall/,
  coverage: /^Coverage/,
  accuracy: /^Accuracy/,
};

/** Rows of one kind together, by `key`, in their order. */
export function grouped<R>(rows: readonly R[], key: (row: R) => string): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

/** The median over rows of the metric whose name matches. */
export const medianOf = (rows: readonly { metrics: Record<string, number> }[], pattern: RegExp): number =>
  round(median(rows.map(({ metrics }) => Object.entries(metrics).find(([name]) => pattern.test(name))?.[1] ?? NaN)));
