import type { Importer } from "../models/importer.js";

/** What can be imported, by the method that it becomes a model of: whose it is, and how it is read. */
export const importers = {
  motion: { whose: "CMDM's (2602.22594)", load: async () => (await import("./motion/official.js")).importer },
  discrete: {
    whose: "Duo's (2506.10892) and MDLM's (2406.07524)",
    load: async () => (await import("./discrete/official.js")).importer,
  },
} as const satisfies Record<string, { whose: string; load(): Promise<Importer> }>;

export type Importable = keyof typeof importers;
export const importable = Object.keys(importers) as [Importable, ...Importable[]];
