import type { GestureGenerator, GestureSession, SampleOptions } from "../models/generator.js";
import { positionsOf } from "../motion/index.js";
import type { MotionBlock } from "./motion.js";
import { type AskSession, Numbered, type SessionAction } from "./numbered.js";

/** A stretch of a conversation: each person stands at the origin and looks along +z. */
export interface GestureBlock {
  /** Of 52 joints; it begins where the block before it ended. */
  readonly people: readonly [MotionBlock, MotionBlock];
  /** How probable it is that each speaks, a number for each frame, 0 … 1. */
  readonly speech: readonly [Float32Array, Float32Array];
}

/** A conversation that goes on for ever, drawn in the generator's thread. */
export interface WebGestureSession {
  /** Frames a second, and of a block. */
  readonly fps: number;
  readonly frames: number;
  /** Takes the next samples of both voices, as many of each, at 16 kHz; null: silence. @throws OptionError */
  push(first: Float32Array | null, second: Float32Array | null): Promise<void>;
  /** The next block, or null where not enough has been heard for it. */
  pull(): Promise<GestureBlock | null>;
  /** Options that hold from the next block on, such as relation and guidance; all but the seed. @throws OptionError */
  change(options: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

interface Opened extends Pick<WebGestureSession, "fps" | "frames"> {
  readonly session: number;
}

/** The conversations that go on of a loaded model. */
export class GestureSessions {
  private readonly sessions = new Numbered<GestureSession>();

  constructor(private readonly model: GestureGenerator) {}

  async ask(action: SessionAction, session: number, value?: unknown): Promise<unknown> {
    if (action === "open") {
      const made = await this.model.open(value as SampleOptions | undefined);
      return { session: this.sessions.add(made), fps: this.model.fps, frames: made.frames } satisfies Opened;
    }
    const found = this.sessions.get(session);
    switch (action) {
      case "push":
        return found.push(...(value as Parameters<GestureSession["push"]>));
      case "change":
        return found.change(value as SampleOptions);
      case "close":
        return this.sessions.close(session);
      case "pull": {
        const clips = await found.pull();
        if (!clips) return null;
        const [first, second] = clips.map((clip): MotionBlock => ({ clip, joints: positionsOf(clip) }));
        return { people: [first, second], speech: found.speech } satisfies GestureBlock;
      }
    }
  }
}

/** A conversation as a page has it, wherever it is drawn. */
export async function openGesture(ask: AskSession, options?: SampleOptions): Promise<WebGestureSession> {
  const { session, ...about } = (await ask("open", 0, options)) as Opened;
  return {
    ...about,
    push: (first, second) => ask("push", session, [first, second]) as Promise<void>,
    pull: () => ask("pull", session) as Promise<GestureBlock | null>,
    change: (changed) => ask("change", session, changed) as Promise<void>,
    close: () => ask("close", session) as Promise<void>,
  };
}
