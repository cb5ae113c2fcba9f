import { servePictures } from "./pictures-serve.js";
import { browserStore, memoryStore, only } from "./store.js";

const NAME = "fewstep-learn";

/** The browser's storage; the page's memory where another page trains with it, or the browser keeps nothing. */
async function storage() {
  try {
    if (await only(NAME)) return { store: await browserStore(NAME), lasting: true };
  } catch {
    // a private window, say
  }
  return { store: memoryStore(), lasting: false };
}

await servePictures(self as never, await storage());
