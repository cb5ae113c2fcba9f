import { distance } from "fastest-levenshtein";
import { show } from "./show.js";
import { OptionError } from "./wrong-use.js";

/** The known name that an unknown one most resembles, if any does. */
export function nearest(name: string, known: readonly string[]): string | null {
  const [best] = known
    .map((other) => ({ other, steps: distance(name.toLowerCase(), other.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps);
  return best && best.steps <= Math.max(1, Math.floor(name.length / 3)) ? best.other : null;
}

/** What is said of an option that there is not; `owner` is whose options they are. */
export function unknownOption(owner: string, name: string, known: readonly string[]): OptionError {
  const near = nearest(name, known);
  const hint = near ? `; did you mean "${near}"? It` : "; it";
  return new OptionError(`${owner} takes no "${name}"${hint} takes ${known.join(", ")}.`);
}

/**
 * Options of a call: an object (undefined: none) with none but the known names, and a signal that is one.
 * @throws OptionError
 */
export function requireKnown(owner: string, given: unknown, known: readonly string[]): void {
  if (given === undefined) return;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new OptionError(`The options of ${owner} are an object, got ${show(given)}.`);
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw unknownOption(owner, name, known);
    if (name === "signal" && value !== undefined && !(value instanceof AbortSignal))
      throw new OptionError(`signal must be an AbortSignal, got ${show(value)}.`);
    if (/^on[A-Z]/.test(name) && value !== undefined && typeof value !== "function")
      throw new OptionError(`${name} must be a function, got ${show(value)}.`);
  }
}
