import type { OptionInfo } from "fewstep/browser";

/** An option's name as a label: "guidanceAt" becomes "Guidance at". */
export const titleOf = (name: string): string =>
  name[0].toUpperCase() + name.slice(1).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The step of a slider: whole numbers, or a hundredth of a range in round numbers. */
export function stepOf({ type, minimum = 0 }: OptionInfo, maximum: number): number {
  if (type === "integer") return 1;
  return 10 ** Math.floor(Math.log10((maximum - minimum) / 50));
}

/** Digits after the point that a step needs. */
export const decimals = (step: number): number => Math.max(0, -Math.floor(Math.log10(step) + 1e-9));

export const clamp = (value: number, low = -Infinity, high = Infinity): number => Math.min(high, Math.max(low, value));

/** An option's value from a URL's text; undefined where the text is none, so that the preset holds. */
export function readOption(info: OptionInfo, text: string | undefined): unknown {
  if (text === undefined || text === "") return undefined;
  if (info.choices) return info.choices.includes(text) ? text : undefined;
  if (info.type === "string") return text;
  if (info.type === "boolean") return text === "true";
  if (info.type !== "integer" && info.type !== "number") return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return clamp(info.type === "integer" ? Math.round(value) : value, info.minimum, info.maximum);
}
