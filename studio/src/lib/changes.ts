/** What tells a model, and its files from others of the same name. */
interface Listed {
  readonly name: string;
  readonly version?: string;
  readonly files?: unknown;
}

/**
 * A newer list of the server's models beside the one that a page has. A model in use stays as it was loaded, and is
 * among `changed` where its files are others now; `list` is null where nothing else has changed either.
 */
export function changesOf<E extends Listed>(
  before: readonly E[],
  now: readonly E[],
  used: ReadonlySet<string>,
): { list: readonly E[] | null; changed: readonly E[] } {
  const own = before.filter(({ files }) => files);
  const held = new Map(before.filter(({ files }) => !files).map((entry) => [entry.name, entry]));
  const changed: E[] = [];
  const served = now.map((entry) => {
    const old = held.get(entry.name);
    if (!old) return entry;
    if (old.version === entry.version) return old;
    if (!used.has(entry.name)) return entry;
    changed.push(entry);
    return old;
  });
  const list = [...own, ...served];
  const same = list.length === before.length && list.every((entry, i) => entry === before[i]);
  return { list: same ? null : list, changed };
}

/** The name that several models share: `a` of `a` and `a@shipped`, of a folder that another hides. */
const sharedName = (name: string): string => name.replace(/@[^@]*$/, "");

/** Which of several models of one name an entry is, in words; null where there is no other. */
export function whichOf(
  { name, shipped }: { readonly name: string; readonly shipped?: boolean },
  all: readonly { readonly name: string }[],
): string | null {
  const shared = sharedName(name);
  const twins = all.filter((one) => one.name !== name && sharedName(one.name) === shared);
  if (twins.length === 0) return null;
  const which = shipped ? "the shipped one" : "the one of a folder that is served";
  return `${which}; ${twins.length + 1} are called ${shared}`;
}

/** The name by which Node knows a shipped model. */
export const shippedName = (name: string): string => name.replace(/@shipped$/, "");
