import type { AnyWebGenerator, WebGenerator } from "fewstep/browser";
import { createGenerator } from "fewstep/page";
import { type Kind, keyOf, type ModelEntry, models } from "./models.svelte.js";
import { settings } from "./settings.svelte.js";

/** Generators that are loaded, newest last: a few are kept, so that changing back is at once. */
const loaded = new Map<string, Promise<AnyWebGenerator>>();
const KEPT = 3;

/** A model in use: loads it, tells how far, and what went wrong. */
export class ModelInUse {
  generator = $state.raw<AnyWebGenerator | null>(null);
  entry = $state.raw<ModelEntry | null>(null);
  /** Share of the files that is here, 0 … 1; null while nothing is loading. */
  progress = $state<number | null>(null);
  error = $state<string | null>(null);
  #wanted = "";

  /** The generator, once it is that of an entry and draws what is wanted. */
  of<K extends Kind>(kind: K, entry: ModelEntry | undefined): WebGenerator<K> | null {
    const { generator } = this;
    const there = generator?.kind === kind && this.entry?.name === entry?.name;
    return there ? (generator as unknown as WebGenerator<K>) : null;
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

function generatorOf(key: string, entry: ModelEntry, onProgress: (share: number) => void): Promise<AnyWebGenerator> {
  const known = loaded.get(key);
  if (known) {
    loaded.delete(key);
    loaded.set(key, known);
    return known;
  }
  const generator = createGenerator(models.place(entry), {
    device: settings.device,
    threads: settings.threads,
    // The weights are nearly all of a model: of the description nothing is shown.
    onProgress: ({ task, done, total }) => {
      if (total && task.includes("model.safetensors")) onProgress(done / total);
    },
  }) as Promise<AnyWebGenerator>;
  loaded.set(key, generator);
  generator.catch(() => loaded.delete(key));
  for (const [old, promise] of loaded) {
    if (loaded.size <= KEPT) break;
    loaded.delete(old);
    void promise.then(
      (one) => one.dispose(),
      () => {},
    );
  }
  return generator;
}
