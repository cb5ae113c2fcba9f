import { z } from "zod";
import { show } from "../io/show.js";

// What the numbers of a model's config.json may be. The bounds are far beyond what this package can train; they keep a damaged or
// hostile file from costing more than an error.

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
  channels: z.union([z.literal(1), z.literal(3)], { error: "channels must be 1 or 3" }),
});

/** Numbers that attention, or the logits, of one sequence may take: 1 GiB. */
const ACTIVATIONS = 2 ** 28;

/** Refuses a transformer whose attention, or logits of a vocabulary, would take more numbers for one sequence than fit. */
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

/** What is wrong with a value (called `root`): field, value and rule of at most three faults. */
export function faults(error: z.ZodError, value: unknown, root = ""): string {
  const all = error.issues.flatMap((issue) => flatten(issue));
  const sentences = all.slice(0, 3).map((issue) => sentence(issue, value, root));
  return [...sentences, ...(all.length > 3 ? [`and ${all.length - 3} more`] : [])].join("; ");
}

type Issue = z.core.$ZodIssue;

/** Of a union, the branch that the value misses least. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [issue];
  const closest = issue.errors.reduce((a, b) => (b.length < a.length ? b : a));
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function sentence(issue: Issue, value: unknown, root: string): string {
  const field = [root, ...issue.path].map(String).filter(Boolean).join(".") || "it";
  const found = valueAt(value, issue.path);
  const is = found === undefined ? `${field} is missing` : `${field} is ${show(found)}`;
  switch (issue.code) {
    case "too_big":
      return `${is}; it must be ${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`;
    case "too_small":
      return `${is}; it must be ${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`;
    case "invalid_type":
      return `${is}; it must be ${NAMES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `${is}; it must be ${issue.values.map((one) => show(one)).join(" or ")}`;
    case "unrecognized_keys":
      return `${field} has a field ${show(issue.keys[0])}, which this version does not know`;
    default:
      return `${is}; ${issue.message}`;
  }
}

const NAMES: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "an object",
  array: "a list",
  tuple: "a list",
  record: "an object",
};

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}
