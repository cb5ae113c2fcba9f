import type { ModelBlobs } from "fewstep/browser";

/** What is known of a model before it is loaded. */
export interface ModelEntry {
  readonly name: string;
  /** Another one where a file has changed. */
  readonly version?: string;
  readonly kind: "image" | "text" | null;
  readonly method: string;
  /** Whether Node knows it by its name. */
  readonly shipped?: boolean;
  readonly summary?: string;
  readonly bytes: number;
  readonly classNames: readonly string[] | null;
  readonly image?: { readonly height: number; readonly width: number; readonly channels: 1 | 3 } | null;
  readonly license?: string;
  /** What metrics.json holds: see `evaluationsOf`. */
  readonly metrics?: unknown;
  /** Files that a person has dropped, of a model that is nowhere else. */
  readonly files?: ModelBlobs;
}
/** The models that this page can use, in the order in which they are offered. */
class Models {
  list = $state.raw<readonly ModelEntry[]>([]);
  error = $state<string | null>(null);

  constructor() {
    void this.refresh();
  }

  async refresh(): Promise<void> {
    try {
      const response = await fetch("./models/index.json");
      if (!response.ok) throw new Error(`the list of models is answered with ${response.status}`);
      const own = this.list.filter(({ files }) => files);
      this.list = [...own, ...((await response.json()) as ModelEntry[])];
      this.error = null;
    } catch (error) {
      this.error = `The models could not be listed: ${(error as Error).message}. Is the studio still served?`;
    }
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

  ofKind(kind: "image" | "text"): readonly ModelEntry[] {
    return this.list.filter((entry) => entry.kind === kind);
  }
}

export const models = new Models();
