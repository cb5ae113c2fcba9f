/** Whether this is Node.js; in the package's build for browsers never. */
export const inNode: boolean = typeof process !== "undefined" && process.versions?.node !== undefined;

/** Whether this is a thread of the WASM runtime in a browser, which may be started with a worker's own script. */
export const isRuntimeThread: boolean =
  typeof self !== "undefined" && typeof self.name === "string" && self.name.startsWith("em-pthread");
