import { z } from "zod";

// What the numbers of a model's config.json may be. The bounds are far beyond what this package can train; they keep a
// damaged or hostile file from costing more than an error.

/** Width of a layer, or length of a vector. */
export const width = z.int().min(1).max(65_536);
/** Number of layers. */
export const depth = z.int().min(0).max(256);
/** Number of classes; 0: none. */
export const classes = z.int().min(0).max(1_000_000);
/** Number of different tokens. */
export const vocabulary = z.int().min(2).max(1_000_000);
/** Tokens of a sequence. */
export const sequenceLength = z.int().min(1).max(1_000_000);
const side = z.int().min(1).max(4096);
/** Size of an image. */
export const imageShape = z.strictObject({
  height: side,
  width: side,
  channels: z.union([z.literal(1), z.literal(3), z.literal(4)], { error: "channels must be 1, 3 or 4" }),
});

/** Numbers that attention, or the logits, of one sequence may take: 1 GiB. */
const ACTIVATIONS = 2 ** 28;

/**
 * Refuses a transformer whose attention, or logits of a vocabulary, would take more numbers for one sequence than fit.
 */
export function requireActivations(
  { tokens, heads, vocabulary = 0 }: { tokens: number; heads: number; vocabulary?: number },
  context: z.core.$RefinementCtx,
): void {
  const numbers = tokens * Math.max(tokens * heads, vocabulary);
  if (numbers <= ACTIVATIONS) return;
  const of = `${heads} heads over ${tokens} tokens${vocabulary ? ` of ${vocabulary}` : ""}`;
  context.addIssue({
    code: "custom",
    message: `${of} take ${numbers} numbers for a single sample, more than ${ACTIVATIONS}`,
  });
}

/** Refuses heads that do not divide a width into multiples of `multiple`, as their positions need. */
export function requireHeads(
  { width, heads, multiple = 2 }: { width: number; heads: number; multiple?: number },
  context: z.core.$RefinementCtx,
  path: string[] = [],
): void {
  if (Number.isInteger(width / heads / multiple)) return;
  const message = `heads must divide width into ${multiple === 2 ? "an even number" : `a multiple of ${multiple}`}, and that is ${width}`;
  context.addIssue({ code: "custom", path: [...path, "heads"], message });
}
