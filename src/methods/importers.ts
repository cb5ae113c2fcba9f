import type { Importer } from "../models/importer.js";

/** What can be imported, by the method that it becomes a model of: which project's it is, and how it is read. */
export const importers = {
  motion: { of: "CMDM, 2602.22594", load: async () => (await import("./motion/official.js")).importer },
  discrete: {
    of: "Duo, 2506.10892, and MDLM, 2406.07524",
    load: async () => (await import("./discrete/official.js")).importer,
  },
  sphere: {
    of: "the Sphere Encoder, 2602.15030",
    load: async () => (await import("./sphere/official.js")).importer,
  },
  drifting: { of: "Drifting, 2602.04770", load: async () => (await import("./drifting/official.js")).importer },
} as const satisfies Record<string, { of: string; load(): Promise<Importer> }>;

export type Importable = keyof typeof importers;
export const importable = Object.keys(importers) as [Importable, ...Importable[]];
