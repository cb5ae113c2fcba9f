import type { WebAnswerer } from "fewstep/browser";
import { createAnswerer } from "fewstep/page";
import { InUse, keeping } from "./in-use.svelte.js";
import type { ModelEntry } from "./models.svelte.js";

/** One is kept: it is small, and stays while other pages are looked at. */
const answererOf = keeping<WebAnswerer>(1, createAnswerer);

/** A model that answers, in use. */
export class AnswererInUse extends InUse<WebAnswerer> {
  constructor() {
    super(answererOf);
  }

  /** The model, once it is that of an entry. */
  of(entry: ModelEntry | undefined): WebAnswerer | null {
    return this.entry?.name === entry?.name ? this.made : null;
  }
}
