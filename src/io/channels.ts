/**
 * Numbers of a pixel: grey, sRGB, or sRGB and alpha. Of four, wherever data sets and models have them, the colours are
 * premultiplied by alpha, so that what colour a transparent pixel has cannot matter; picture files and canvases have them
 * straight.
 */
export type Channels = 1 | 3 | 4;

/** How people call pictures of so many channels. */
export const channelNames: Readonly<Record<Channels, string>> = {
  1: "grey",
  3: "colour",
  4: "colour with transparency",
};

export const isChannels = (value: unknown): value is Channels => value === 1 || value === 3 || value === 4;

/** A premultiplied level of a colour [0, 255] as it is alone, where the rounded level of alpha is 1 to 255; else 0. */
export const straight = (level: number, alpha: number): number =>
  alpha < 0.5 ? 0 : Math.min(255, Math.max(0, Math.round((level * 255) / alpha)));

/** A colour's level [0, 255] multiplied by alpha [0, 255]. */
export const premultiplied = (level: number, alpha: number): number => Math.round((level * alpha) / 255);

/** Straight RGBA bytes, pixel by pixel, with their colours premultiplied. */
export function premultiply(rgba: Uint8Array | Uint8ClampedArray): Uint8Array {
  return Uint8Array.from(rgba, (level, i) => (i % 4 === 3 ? level : premultiplied(level, rgba[i | 3])));
}
