import { createGenerator, type WebGenerator } from "fewstep/browser";
import { type ModelEntry, models } from "./models.svelte.js";
import { settings } from "./settings.svelte.js";

/** Generators that are loaded, newest last: a few are kept, so that changing back is at once. */
const loaded = new Map<string, Promise<WebGenerator>>();
const KEPT = 3;

/** A model in use: loads it, tells how far, and what went wrong. */
export class ModelInUse {
  generator = $state.raw<WebGenerator | null>(null);
  entry = $state.raw<ModelEntry | null>(null);
  /** Share of the files that is here, 0 … 1; null while nothing is loading. */
  progress = $state<number | null>(null);
  error = $state<string | null>(null);
  #wanted = "";

  /** Loads a model; one that was asked for meanwhile wins. */
  async use(entry: ModelEntry): Promise<void> {
    const key = `${entry.name} ${entry.files ? entry.bytes : ""} ${settings.device}`;
    if (this.#wanted === key && !this.error) return;
    this.#wanted = key;
    this.progress = 0;
    this.error = null;
    try {
      const generator = await generatorOf(key, entry, (share) => {
        if (this.#wanted === key) this.progress = share;
      });
      if (this.#wanted !== key) return;
      this.entry = entry;
      this.generator = generator;
    } catch (error) {
      if (this.#wanted === key) this.error = (error as Error).message;
    } finally {
      if (this.#wanted === key) this.progress = null;
    }
  }
}

function generatorOf(key: string, entry: ModelEntry, onProgress: (share: number) => void): Promise<WebGenerator> {
  const known = loaded.get(key);
  if (known) {
    loaded.delete(key);
    loaded.set(key, known);
    return known;
  }
  const generator = createGenerator(models.place(entry), {
    device: settings.device,
    onProgress: (done: number, total: number) => onProgress(total > 0 ? done / total : 0),
  });
  loaded.set(key, generator);
  generator.catch(() => loaded.delete(key));
  for (const [old, promise] of loaded) {
    if (loaded.size <= KEPT) break;
    loaded.delete(old);
    void promise.then((one) => one.dispose(), () => {});
  }
  return generator;
}
