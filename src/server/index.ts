export { buildServer } from "./app.js";
export type { Context } from "./context.js";
export { HttpError } from "./errors.js";
export type { ModelEntry } from "./model-files.js";
export type { ServerOptions } from "./options.js";
