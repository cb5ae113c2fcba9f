import type { AnyWebGenerator, Channels, ModelBlobs } from "fewstep/browser";
import { changesOf } from "./changes.js";
import { type PageName, route } from "./route.svelte.js";

export type Kind = AnyWebGenerator["kind"];
/** The page that shows what models of a kind draw. */
const PAGE_OF = { image: "play", text: "text", motion: "move", gesture: "talk" } as const satisfies Record<
  Kind,
  PageName
>;
/** Models that draw nothing and answer questions about pictures. */
const answers = ({ kind, method }: Pick<ModelEntry, "kind" | "method">) =>
  kind === null && method === "vision-language";
/** The page that a model is used on; null of judges, which have none. */
export const pageOf = (entry: Pick<ModelEntry, "kind" | "method">): PageName | null =>
  entry.kind ? PAGE_OF[entry.kind] : answers(entry) ? "ask" : null;

/** What is known of a model before it is loaded. */
export interface ModelEntry {
  readonly name: string;
  /** Another one where a file has changed. */
  readonly version?: string;
  readonly kind: Kind | null;
  readonly method: string;
  /** Whether Node knows it by its name. */
  readonly shipped?: boolean;
  readonly summary?: string;
  readonly bytes: number;
  readonly classNames: readonly string[] | null;
  readonly image?: { readonly height: number; readonly width: number; readonly channels: Channels } | null;
  readonly license?: string;
  /** What metrics.json holds: see `evaluationsOf`. */
  readonly metrics?: unknown;
  /** Files that a person has dropped, of a model that is nowhere else. */
  readonly files?: ModelBlobs;
}
/** Numbers of files that were given: two models of one name and size are not one model. */
const numbers = new WeakMap<object, number>();
let last = 0;
/** What tells one model on one device from another. */
export function keyOf({ name, version, files }: ModelEntry, device: string): string {
  if (files && !numbers.has(files)) numbers.set(files, ++last);
  return JSON.stringify([name, files ? numbers.get(files) : version, device]);
}

/** Milliseconds after which the list is asked for anew. */
const LOOK_EVERY = 10_000;

/** The models that this page can use, in the order in which they are offered. */
class Models {
  list = $state.raw<readonly ModelEntry[]>([]);
  /** Whether the list has come. */
  listed = $state(false);
  error = $state<string | null>(null);
  /** Models in use here whose files are others by now, as they are now. */
  changed = $state.raw<readonly ModelEntry[]>([]);
  /** Names of models that were loaded. */
  readonly used = new Set<string>();

  constructor() {
    void this.refresh();
    setInterval(() => document.visibilityState === "visible" && void this.refresh(), LOOK_EVERY);
    addEventListener("focus", () => void this.refresh());
  }

  async refresh(): Promise<void> {
    try {
      const response = await fetch("./models/index.json");
      if (!response.ok) throw new Error(`the list of models is answered with ${response.status}`);
      const { list, changed } = changesOf(this.list, (await response.json()) as ModelEntry[], this.used);
      if (list) this.list = list;
      this.listed = true;
      if (changed.length > 0 || this.changed.length > 0) this.changed = changed;
      this.error = null;
    } catch (error) {
      if (this.list.some(({ files }) => !files)) return; // what is listed can be used still
      this.error = `The models could not be listed: ${(error as Error).message}. Is the studio still served?`;
    }
  }

  /** Takes the files of a model as they are now. */
  renew(name: string): void {
    const now = this.changed.find((entry) => entry.name === name);
    if (!now) return;
    this.list = this.list.map((entry) => (entry.name === name && !entry.files ? now : entry));
    this.changed = this.changed.filter((entry) => entry !== now);
  }

  /** Adds a model of a person's own to the list, for as long as the page is open. */
  add(entry: ModelEntry): void {
    this.list = [entry, ...this.list.filter(({ name }) => name !== entry.name)];
  }

  named(name: string | undefined): ModelEntry | undefined {
    return this.list.find((entry) => entry.name === name);
  }

  /** Where a model is: its folder's URL, or its files. */
  place(entry: ModelEntry): string | ModelBlobs {
    return entry.files ?? new URL(`./models/${encodeURIComponent(entry.name)}`, document.baseURI).href;
  }

  ofKind(kind: Kind): readonly ModelEntry[] {
    return this.list.filter((entry) => entry.kind === kind);
  }

  get answering(): readonly ModelEntry[] {
    return this.list.filter(answers);
  }

  /** The one of some entries that the URL names, else the first. */
  inRoute(entries: readonly ModelEntry[]): ModelEntry | undefined {
    return entries.find(({ name }) => name === route.get("model")) ?? entries[0];
  }
}

export const models = new Models();
