import type { AnswererOptions } from "fewstep/browser";
import { keyOf, type ModelEntry, models } from "./models.svelte.js";
import { settings } from "./settings.svelte.js";

/** Makes something of a model's place, such as a generator. */
type Make<T> = (place: ReturnType<typeof models.place>, options: AnswererOptions) => Promise<T>;
type Load<T> = (key: string, entry: ModelEntry, onProgress: (share: number) => void) => Promise<T>;

/** Makes what is not there; the `most` newest are kept, so that changing back is at once, and those before are disposed of. */
export function keeping<T extends { dispose(): Promise<void> }>(most: number, make: Make<T>): Load<T> {
  const loaded = new Map<string, Promise<T>>();
  return (key, entry, onProgress) => {
    const known = loaded.get(key);
    if (known) {
      loaded.delete(key);
      loaded.set(key, known);
      return known;
    }
    const made = make(models.place(entry), {
      device: settings.device,
      threads: settings.threads,
      // The weights are nearly all of a model: of the description nothing is shown.
      onProgress: ({ task, done, total }) => {
        if (total && task.includes("model.safetensors")) onProgress(done / total);
      },
    });
    loaded.set(key, made);
    made.catch(() => loaded.delete(key));
    for (const [old, promise] of loaded) {
      if (loaded.size <= most) break;
      loaded.delete(old);
      void promise.then(
        (one) => one.dispose(),
        () => {},
      );
    }
    return made;
  };
}

/** What is made of a model, in use: loads it, tells how far, and what went wrong. */
export class InUse<T> {
  /** What was made of `entry`. */
  made = $state.raw<T | null>(null);
  entry = $state.raw<ModelEntry | null>(null);
  /** Share of the files that is here, 0 … 1; null while nothing is loading. */
  progress = $state<number | null>(null);
  error = $state<string | null>(null);
  #wanted = "";
  readonly #load: Load<T>;

  constructor(load: Load<T>) {
    this.#load = load;
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
      const made = await this.#load(key, entry, (share) => {
        if (this.#wanted === key) this.progress = share;
      });
      if (this.#wanted !== key) return;
      this.entry = entry;
      this.made = made;
    } catch (error) {
      if (this.#wanted === key) this.error = (error as Error).message;
    } finally {
      if (this.#wanted === key) this.progress = null;
    }
  }
}
