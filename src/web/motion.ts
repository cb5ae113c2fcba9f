import { OptionError } from "../io/wrong-use.js";
import type { MotionGenerator, MotionSession, SampleOptions } from "../models/generator.js";
import { type Clip, positionsOf, type Spot } from "../motion/index.js";

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

/** What a page asks of a session, which the thread with the generator knows by its number. */
export type SessionAction = "open" | "say" | "guide" | "follow" | "next" | "ahead" | "close";
/** Asks; what is given back is what the action gives. */
export type AskSession = (action: SessionAction, session: number, value?: unknown) => Promise<unknown>;

interface Opened {
  readonly session: number;
  readonly fps: number;
  readonly frames: number;
  readonly delay: number;
}

/** The sessions of a loaded model. */
export class Sessions {
  private readonly open = new Map<number, MotionSession>();
  private last = 0;

  constructor(private readonly model: MotionGenerator) {}

  async ask(action: SessionAction, session: number, value?: unknown): Promise<unknown> {
    if (action === "open") {
      const made = await this.model.open(value as SampleOptions | undefined);
      this.open.set(++this.last, made);
      const { frames, delay } = made;
      return { session: this.last, fps: this.model.fps, frames, delay } satisfies Opened;
    }
    const found = this.open.get(session);
    if (!found) throw new OptionError("This session is closed; open another one.");
    switch (action) {
      case "say":
        return found.say(value as string | null);
      case "guide":
        found.guidance = value as number;
        return;
      case "follow":
        return found.follow(value as readonly Spot[] | null);
      case "close":
        this.open.delete(session);
        return found.close();
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

/** A session as a page has it, wherever it is drawn. */
export async function openSession(ask: AskSession, options?: SampleOptions): Promise<WebMotionSession> {
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
