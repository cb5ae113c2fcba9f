import UPNG from "upng-js";

/** Frames of one size, RGBA, with their milliseconds, to an animated PNG. */
export interface Film {
  readonly width: number;
  readonly height: number;
  readonly frames: readonly ArrayBuffer[];
  readonly delays: readonly number[];
}

self.addEventListener("message", ({ data }: MessageEvent<Film>) => {
  const { width, height, frames, delays } = data;
  const file = UPNG.encode([...frames], width, height, 0, [...delays]);
  (self as unknown as Worker).postMessage(file, [file]);
});
