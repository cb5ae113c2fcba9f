import { servePictures } from "./pictures-serve.js";
import { browserStore, memoryStore } from "./store.js";

const store = await browserStore("fewstep-learn").catch(() => memoryStore()); // a private window may keep nothing
await servePictures(self as never, store);
