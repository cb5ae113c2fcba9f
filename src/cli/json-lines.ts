import type { Writable } from "node:stream";
import type { Clip } from "../motion/index.js";

/** Lines of JSON for a reader that may go away: `gone` then, and `close` when no more are written. */
export class JsonLines {
  gone = false;

  constructor(private readonly output: Writable) {
    output.on("error", this.leave).on("close", this.leave);
  }

  private readonly leave = (): void => {
    this.gone = true;
  };

  /** Resolves when the reader has room for more. */
  async write(value: object): Promise<void> {
    const { output } = this;
    const taken = await new Promise<boolean>((resolve) => {
      if (output.destroyed) return resolve(false);
      const closed = () => resolve(false);
      output.once("close", closed);
      output.write(`${JSON.stringify(value)}\n`, (error) => {
        output.off("close", closed);
        resolve(!error);
      });
    });
    if (!taken) this.gone = true;
  }

  close(): void {
    this.output.off("error", this.leave).off("close", this.leave);
  }
}

/** Rows of `width` numbers. */
const rowsOf = (numbers: Float32Array | Uint8Array, width: number, count: number) =>
  Array.from({ length: count }, (_, t) => [...numbers.subarray(t * width, (t + 1) * width)]);

/** The first frames of a clip: root [T][3], rotations [T][J][4] as x, y, z, w, contacts [T][4] or null. */
export function framesOf({ root, rotations, contacts, skeleton }: Clip, frames: number) {
  const joints = skeleton.names.length;
  return {
    root: rowsOf(root, 3, frames),
    rotations: Array.from({ length: frames }, (_, t) =>
      rowsOf(rotations.subarray(4 * t * joints, 4 * (t + 1) * joints), 4, joints),
    ),
    contacts: contacts && rowsOf(contacts, 4, frames),
  };
}

/** When a line begins, as it is written. */
export const secondsAt = (frame: number, fps: number): number => Number((frame / fps).toFixed(6));
