import { z } from "zod";
import type { MotionGenerator, MotionSession, SampleOptions } from "../models/generator.js";
import { BODY, MOST_POINTS } from "../motion/index.js";
import { commonMessages, LiveConnection, type Origin } from "./live-connection.js";
import { jointsOf, motionFields } from "./motion.js";
import type { Drawn, SessionChanges } from "./protocol.js";

const own = [
  z.strictObject({ type: z.literal("say"), text: z.string().nullable() }),
  z.strictObject({ type: z.literal("guidance"), value: z.number() }),
  z.strictObject({
    type: z.literal("follow"),
    points: z
      .array(z.tuple([z.number(), z.number()]))
      .max(MOST_POINTS)
      .nullable(),
  }),
] as const;
type Message = z.output<(typeof own)[number]>;

/** A client's motion: what it says, its guidance and its path hold from the next block on. */
export class LiveMotion extends LiveConnection<MotionSession, Message> {
  private changes: SessionChanges = {};

  constructor(origin: Origin<MotionSession>) {
    super(origin, z.discriminatedUnion("type", [...own, ...commonMessages]), ["say", "guidance", "follow"]);
  }

  protected about({ frames, delay }: MotionSession): object {
    return { frames, delay, ...jointsOf(BODY) };
  }

  protected take(said: Message, session: MotionSession): void {
    if (said.type === "say") {
      session.say(said.text);
      this.changes.text = said.text;
    } else if (said.type === "guidance") {
      session.guidance = said.value;
      this.changes.guidance = said.value;
    } else {
      session.follow(said.points);
      this.changes.points = said.points;
    }
  }

  protected said() {
    const { changes } = this;
    this.changes = {};
    return { type: "block", ...changes } as const;
  }

  protected told(drawn: Drawn): object {
    if (drawn.kind !== "motion") throw new Error("A session's block is no motion.");
    return motionFields(drawn.clips[0], this.format);
  }
}

/** Network evaluations of the first block of a session; of options that have been checked. */
export function firstMotionBlock(model: MotionGenerator, options: SampleOptions): number {
  const { steps, guidance } = model.sessionOptions!.parse(options) as { steps: number; guidance: number };
  return steps * (guidance === 1 ? 1 : 2);
}
