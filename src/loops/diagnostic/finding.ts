import type { Figure } from "./terms.js";

/** What samples are. */
export type DrawnKind = "image" | "motion";

/** A figure is low that lies clearly below what real images reach: by a tenth, and with its interval. */
const isLow = (figure: Figure | null): boolean =>
  figure !== null && figure.value < 0.9 * figure.floor && (figure.interval?.[1] ?? figure.value) < figure.floor;

/** What the figures of a group say is wrong. */
export function finding(
  figures: Record<"precision" | "density" | "recall" | "coverage", Figure> & { accuracy: Figure | null },
  kind: DrawnKind,
): string {
  const unlike = isLow(figures.precision) || isLow(figures.density);
  const missing = isLow(figures.recall) || isLow(figures.coverage);
  const other = isLow(figures.accuracy);
  return (
    [
      ...(unlike ? [`draws what no real ${kind} is like`] : []),
      ...(missing ? [`misses some real ${kind}s`] : []),
      ...(other ? ["is taken for other classes"] : []),
    ].join("; ") || `like real ${kind}s`
  );
}
