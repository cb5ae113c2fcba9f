import type { z } from "zod";
import { show } from "./show.js";

/** What is wrong with a value (called `root`): field, value and rule of at most three faults. */
export function faults(error: z.ZodError, value: unknown, root = ""): string {
  const all = error.issues.flatMap((issue) => flatten(issue));
  const sentences = all.slice(0, 3).map((issue) => sentence(issue, value, root));
  return [...sentences, ...(all.length > 3 ? [`and ${all.length - 3} more`] : [])].join("; ");
}

type Issue = z.core.$ZodIssue;

/** Of a union, the branch that the value misses least. */
export function flatten(issue: Issue): Issue[] {
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

/** The value at a path; undefined where there is none. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at;
}
