import { z } from "zod";

const count = z.number().int().positive();

/** A discrete diffusion network and its process. */
export const discreteConfig = z.object({
  /** `uniform` (Duo) or `masked` (MDLM). */
  process: z.enum(["uniform", "masked"]),
  schedule: z.enum(["log-linear", "cosine"]).default("log-linear"),
  /** Clean tokens. */
  vocabulary: z.number().int().min(2),
  length: count,
  network: z
    .object({
      width: count,
      heads: count,
      blocks: count,
      /** Width of the condition vector. */
      condition: count.default(128),
      /** Whether the output layer is the input embedding. */
      tied: z.boolean().default(false),
      /** Whether the network sees sigma; MDLM's does not. */
      timeConditioned: z.boolean().default(true),
      /** Classes for guidance; 0: none. */
      classes: z.number().int().min(0).default(0),
    })
    .refine(({ width, heads }) => width % heads === 0 && (width / heads) % 2 === 0, {
      message: "heads must divide width into an even number",
    }),
});
export type DiscreteConfig = z.infer<typeof discreteConfig>;

const body = { condition: 128, tied: false, timeConditioned: true, classes: 0 };
const characters = { process: "uniform", schedule: "log-linear", vocabulary: 27, length: 256 } as const;

/** `tiny` has about 1 M parameters on characters; `small` and `medium` are the papers', on GPT-2's vocabulary. */
export const presets = {
  tiny: { ...characters, network: { ...body, width: 128, heads: 4, blocks: 4 } },
  base: { ...characters, network: { ...body, width: 256, heads: 8, blocks: 6 } },
  small: { ...characters, vocabulary: 50257, length: 1024, network: { ...body, width: 768, heads: 12, blocks: 12 } },
  medium: { ...characters, vocabulary: 50257, length: 1024, network: { ...body, width: 1024, heads: 16, blocks: 24 } },
} satisfies Record<string, DiscreteConfig>;

/** The same network as MDLM: masked noise, no time. */
export const masked = (config: DiscreteConfig): DiscreteConfig => ({
  ...config,
  process: "masked",
  network: { ...config.network, timeConditioned: false },
});
