import type { MotionGenerator, MotionSession, SampleOptions } from "../models/generator.js";
import { type Clip, positionsOf, type Spot } from "../motion/index.js";
import { type AskSession, Numbered, type SessionAction } from "./numbered.js";

/** A stretch of a motion that goes on. */
export interface MotionBlock {
  /** It begins where the block before it ended. */
  readonly clip: Clip;
  /** [T, 22, 3]: where the joints are, metres in the world. */
  readonly joints: Float32Array;
}

/** A block that is still in the making. */
export interface MotionGhost {
  /** [22, 3]: where the joints are guessed to be in its last frame, metres in the world. */
  readonly joints: Float32Array;
  /** How much of the way from noise to clean is done, 0 to 1. */
  readonly certainty: number;
}

/** A motion that goes on for ever, drawn in the generator's thread. */
export interface WebMotionSession {
  /** Frames a second, and of a block. */
  readonly fps: number;
  readonly frames: number;
  /** Blocks after which a new text shows in full, at most. */
  readonly delay: number;
  /** What is to be shown from now on; null: anything. @throws OptionError */
  say(text: string | null): Promise<void>;
  /** How strongly it follows its text from now on. @throws OptionError */
  guide(guidance: number): Promise<void>;
  /** A path on the floor that the root is to follow from the next block on; null: none. @throws OptionError */
  follow(points: readonly Spot[] | null): Promise<void>;
  next(): Promise<MotionBlock>;
  /** Where the blocks in the making are foreseen to end, nearest first; what comes is the same with and without it. */
  ahead(): Promise<MotionGhost[]>;
  close(): Promise<void>;
}

interface Opened extends Pick<WebMotionSession, "fps" | "frames" | "delay"> {
  readonly session: number;
}

/** The motions that go on of a loaded model. */
export class MotionSessions {
  private readonly sessions = new Numbered<MotionSession>();

  constructor(private readonly model: MotionGenerator) {}

  async ask(action: SessionAction, session: number, value?: unknown): Promise<unknown> {
    if (action === "open") {
      const made = await this.model.open(value as SampleOptions | undefined);
      const { frames, delay } = made;
      return { session: this.sessions.add(made), fps: this.model.fps, frames, delay } satisfies Opened;
    }
    const found = this.sessions.get(session);
    switch (action) {
      case "say":
        return found.say(value as string | null);
      case "guide":
        found.guidance = value as number;
        return;
      case "follow":
        return found.follow(value as readonly Spot[] | null);
      case "close":
        return this.sessions.close(session);
      case "next": {
        const clip = await found.next();
        return { clip, joints: positionsOf(clip) } satisfies MotionBlock;
      }
      case "ahead":
        return (await found.ahead()).map(({ clip, certainty }): MotionGhost => {
          const joints = positionsOf(clip);
          return { joints: joints.slice(joints.length - joints.length / clip.frames), certainty };
        });
    }
  }
}

/** A motion as a page has it, wherever it is drawn. */
export async function openMotion(ask: AskSession, options?: SampleOptions): Promise<WebMotionSession> {
  const { session, ...about } = (await ask("open", 0, options)) as Opened;
  return {
    ...about,
    say: (text) => ask("say", session, text) as Promise<void>,
    guide: (guidance) => ask("guide", session, guidance) as Promise<void>,
    follow: (points) => ask("follow", session, points) as Promise<void>,
    next: () => ask("next", session) as Promise<MotionBlock>,
    ahead: () => ask("ahead", session) as Promise<MotionGhost[]>,
    close: () => ask("close", session) as Promise<void>,
  };
}
