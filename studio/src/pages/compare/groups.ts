import { dataOf } from "../../lib/cards.js";

/** What of a model tells which others it can be compared with. */
interface Comparable {
  readonly name: string;
  readonly classNames: readonly string[] | null;
  readonly image?: { readonly height: number; readonly width: number; readonly channels: number } | null;
  readonly metrics?: unknown;
}
export interface Group<E> {
  /** The data's name, or what is known of it. */
  readonly name: string;
  readonly entries: readonly E[];
}

/**
 * Models of one data set, by the data that their cards name. A model without a card joins those with the same classes
 * and size. Those with the most models come first.
 */
export function groupsOf<E extends Comparable>(entries: readonly E[]): Group<E>[] {
  const likeness = ({ classNames, image }: E) =>
    JSON.stringify([classNames, image?.height, image?.width, image?.channels]);
  const known = new Map<string, string>();
  for (const entry of entries) {
    const data = dataOf(entry.metrics);
    if (data !== undefined && !known.has(likeness(entry))) known.set(likeness(entry), data);
  }
  const groups = new Map<string, E[]>();
  for (const entry of entries) {
    const { classNames, image } = entry;
    const about = `${classNames ? `${classNames.length} classes` : "no classes"}${image ? `, ${image.width}×${image.height}` : ""}`;
    const name = dataOf(entry.metrics) ?? known.get(likeness(entry)) ?? about;
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  const found = Array.from(groups, ([name, own]) => ({ name, entries: own }));
  return found.sort((a, b) => b.entries.length - a.entries.length);
}

/** The classes of all models of a group, in the order in which they come first; null where none has any. */
export function classesOf(entries: readonly Pick<Comparable, "classNames">[]): readonly string[] | null {
  const names = [...new Set(entries.flatMap(({ classNames }) => classNames ?? []))];
  return names.length > 0 ? names : null;
}

/** The middle of numbers; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
