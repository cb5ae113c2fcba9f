/**
 * Frames a second of a frame time in seconds, as it was written; null where it is no time. One that is a whole number's
 * inverse as far as it was written (0.0333 or 0.033333) is that number.
 */
export function frameRate(written: string): number | null {
  const seconds = Number(written);
  if (!(seconds > 0 && seconds < Infinity)) return null;
  const fps = 1 / seconds;
  const decimals = /^\d*\.(\d+)$/.exec(written)?.[1].length;
  const step = decimals === undefined ? seconds * 1e-6 : 10 ** -decimals;
  const whole = Math.round(fps);
  return whole > 0 && Math.abs(1 / whole - seconds) < step ? whole : fps;
}
