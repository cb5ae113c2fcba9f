import { z } from "zod";
import { SAMPLE_RATE } from "../audio/index.js";
import { OptionError } from "../io/wrong-use.js";
import type { GestureGenerator, GestureSession, SampleOptions } from "../models/generator.js";
import { parseOptions } from "../models/options.js";
import { FULL_BODY } from "../motion/index.js";
import { commonMessages, LiveConnection, type Origin } from "./live-connection.js";
import { jointsOf, motionFields, numbersAs } from "./motion.js";
import type { Drawn, Voices } from "./protocol.js";

/** Seconds of sound at most that no block has been given for yet. */
const MOST_AHEAD = 60;

/** A voice: numbers in [−1, 1], or 16 bits of each, little-endian, in Base64; null: silence. */
const voice = z.union([z.array(z.number().min(-1).max(1)), z.base64()]).nullable();
const own = [
  z.strictObject({ type: z.literal("push"), first: voice, second: voice }),
  z.looseObject({ type: z.literal("change") }),
] as const;
type Message = z.output<(typeof own)[number]>;

/** Two people who talk: a client sends their voices, and is sent a block as soon as enough of them has come for it. */
export class LiveGesture extends LiveConnection<GestureSession, Message> {
  private voices: Voices[] = [];
  private changes: SampleOptions = {};
  /** Whether anything has come since the thread had too little for a block. */
  private fresh = true;
  /** Samples that have come of each voice. */
  private heard = 0;
  private begun: SampleOptions = {};

  constructor(origin: Origin<GestureSession>) {
    super(origin, z.discriminatedUnion("type", [...own, ...commonMessages]), ["push", "change"]);
  }

  protected about({ frames }: GestureSession, options: SampleOptions): object {
    this.begun = options;
    return { frames, sampleRate: SAMPLE_RATE, ...jointsOf(FULL_BODY) };
  }

  protected take(said: Message, session: GestureSession): void {
    if (said.type === "push") this.push(voicesOf(said), session);
    else {
      const { type: _, ...options } = said;
      const changed = { ...this.begun, ...options };
      this.requireAffordable(this.opened!.model, changed);
      session.change(options);
      this.begun = changed;
      Object.assign(this.changes, options);
    }
  }

  private push(voices: Voices, { frames }: GestureSession): void {
    const { fps } = this.opened!.model;
    const heard = this.heard + (voices[0] ?? voices[1])!.length;
    const ahead = heard / SAMPLE_RATE - (this.sent * frames) / fps;
    if (ahead > MOST_AHEAD)
      throw new OptionError(
        `This would be ${ahead.toFixed(1)} s of sound ahead of the blocks sent, of ${MOST_AHEAD} at most; ask for blocks first.`,
      );
    this.heard = heard;
    this.voices.push(voices);
    this.fresh = true;
  }

  protected said() {
    if (!this.fresh) return null;
    const { voices, changes } = this;
    [this.voices, this.changes, this.fresh] = [[], {}, false];
    return { type: "talk", voices, changes } as const;
  }

  protected told(drawn: Drawn): object | null {
    if (drawn.kind !== "talk") throw new Error("A session's block is no conversation.");
    if (!drawn.people) return null;
    this.fresh = true; // there may be enough for another one
    const [{ fps, frames }] = drawn.people;
    return {
      ...{ fps, frames },
      people: drawn.people.map((clip) => motionFields(clip, this.format)),
      speech: drawn.speech.map((values) => numbersAs(values, this.format)),
    };
  }
}

/** @throws OptionError where the voices are not two of one timeline */
function voicesOf({ first, second }: Extract<Message, { type: "push" }>): Voices {
  const voices = [samplesOf(first), samplesOf(second)] as const;
  const [a, b] = voices;
  if (!a && !b) throw new OptionError("Push samples of one person at least; for silence push zeros.");
  if (a && b && a.length !== b.length)
    throw new OptionError(`The two voices share one timeline; got ${a.length} and ${b.length} samples.`);
  return voices;
}

function samplesOf(given: readonly number[] | string | null): Float32Array | null {
  if (given === null) return null;
  if (typeof given !== "string") return Float32Array.from(given);
  const bytes = Buffer.from(given, "base64");
  if (bytes.length % 2 !== 0)
    throw new OptionError(`A voice in Base64 is of 16 bits a sample; ${bytes.length} bytes are not whole samples.`);
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i) / 0x8000);
}

/** Network evaluations of a block of a session. @throws OptionError where the options cannot be */
export function firstGestureBlock(model: GestureGenerator, options: SampleOptions): number {
  const { idle: _, ...parsed } = parseOptions(
    model.sessionOptions,
    options,
    `a session of ${model.config.name}`,
  ) as SampleOptions & { idle?: number };
  return model.cost({ ...parsed, seconds: 1 / model.fps });
}
