/** What a page that asks for drawings or answers needs at once, without anything that computes: that comes later, in a worker. */
export { BELONGS } from "./data/class-names.js";
export { channelNames } from "./io/channels.js";
export { blendClasses, blendNoise } from "./models/blend.js";
export { createGenerator } from "./web/create.js";
export { createAnswerer } from "./web/create-answerer.js";
export { latest } from "./web/latest.js";
