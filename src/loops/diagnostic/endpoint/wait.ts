import { Random } from "../../../random/index.js";

/** How long is waited between attempts. */
export interface Backoff {
  /** Milliseconds before the second attempt, at most; they double with each. */
  first: number;
  /** Milliseconds at most. */
  most: number;
}

/**
 * Milliseconds to wait before an attempt (2, 3, …): a random part, at least half, of what doubles with each. The same seed,
 * item and attempt wait equally long, in whatever order calls end.
 */
export function backoff({ first, most }: Backoff, at: { seed: number; item: string; attempt: number }): number {
  const full = Math.min(most, first * 2 ** (at.attempt - 2));
  return full * (0.5 + 0.5 * new Random(at.seed, "retry").split(at.item).split(at.attempt).uniform());
}

/** Milliseconds that a `Retry-After` asks to wait, in seconds or until a date; null where it says nothing sensible. */
export function retryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return 1000 * Number(text);
  if (!/[a-z]/i.test(text)) return null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
