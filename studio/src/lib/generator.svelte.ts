import type { AnyWebGenerator, WebGenerator } from "fewstep/browser";
import { createGenerator } from "fewstep/page";
import { InUse, keeping } from "./in-use.svelte.js";
import type { Kind, ModelEntry } from "./models.svelte.js";

// What the page shows is what the command that it copies draws: of the weights that a command reads
const generatorOf = keeping<AnyWebGenerator>(3, (place, options) =>
  createGenerator(place, { ...options, ...(typeof place === "string" && { weights: "original" }) }),
);

/** A model that draws, in use. */
export class ModelInUse extends InUse<AnyWebGenerator> {
  constructor() {
    super(generatorOf);
  }

  /** The generator, once it is that of an entry and draws what is wanted. */
  of<K extends Kind>(kind: K, entry: ModelEntry | undefined): WebGenerator<K> | null {
    const { made } = this;
    const there = made?.kind === kind && this.entry?.name === entry?.name;
    return there ? (made as unknown as WebGenerator<K>) : null;
  }
}
