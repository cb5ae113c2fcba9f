import type { WebAnswerer } from "fewstep/browser";
import { createAnswerer } from "fewstep/page";
import { keyOf, type ModelEntry, models } from "./models.svelte.js";
import { settings } from "./settings.svelte.js";

/** The one that is loaded: it is small, and stays while other pages are looked at. */
let loaded: { key: string; answerer: Promise<WebAnswerer> } | null = null;

/** A model that answers, in use: loads it, tells how far, and what went wrong. */
export class AnswererInUse {
  answerer = $state.raw<WebAnswerer | null>(null);
  entry = $state.raw<ModelEntry | null>(null);
  /** Share of the files that is here, 0 … 1; null while nothing is loading. */
  progress = $state<number | null>(null);
  error = $state<string | null>(null);
  #wanted = "";

  /** The model, once it is that of an entry. */
  of(entry: ModelEntry | undefined): WebAnswerer | null {
    return this.entry?.name === entry?.name ? this.answerer : null;
  }

  /** Loads a model; one that was asked for meanwhile wins. */
  async use(entry: ModelEntry): Promise<void> {
    const key = keyOf(entry, settings.place);
    if (this.#wanted === key && !this.error) return;
    this.#wanted = key;
    models.used.add(entry.name);
    this.progress = 0;
    this.error = null;
    try {
      const answerer = await answererOf(key, entry, (share) => {
        if (this.#wanted === key) this.progress = share;
      });
      if (this.#wanted !== key) return;
      this.entry = entry;
      this.answerer = answerer;
    } catch (error) {
      if (this.#wanted === key) this.error = (error as Error).message;
    } finally {
      if (this.#wanted === key) this.progress = null;
    }
  }
}

function answererOf(key: string, entry: ModelEntry, onProgress: (share: number) => void): Promise<WebAnswerer> {
  if (loaded?.key === key) return loaded.answerer;
  const answerer = createAnswerer(models.place(entry), {
    device: settings.device,
    threads: settings.threads,
    onProgress: ({ task, done, total }) => {
      if (total && task.includes("model.safetensors")) onProgress(done / total);
    },
  });
  const before = loaded;
  const own = { key, answerer };
  loaded = own;
  answerer.catch(() => {
    if (loaded === own) loaded = null;
  });
  void before?.answerer.then(
    (one) => one.dispose(),
    () => {},
  );
  return answerer;
}
