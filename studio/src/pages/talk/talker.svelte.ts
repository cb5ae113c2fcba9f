import {
  type GestureBlock,
  Gestures,
  joinClips,
  SAMPLE_RATE,
  type WebGenerator,
  type WebGestureSession,
} from "fewstep/browser";
import { Pace } from "../../figure/pace.svelte.js";
import { Player, type Pose } from "../../figure/player.js";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { models } from "../../lib/models.svelte.js";
import { route } from "../../lib/route.svelte.js";
import type { Loudspeaker } from "./loudspeaker.js";
import { Sources } from "./sources.svelte.js";
import { Tape } from "./tape.js";
import { nobody, type Voice } from "./voices.js";

/** Seconds of motion that are kept ready at least: more would make a change show later. */
const READY = 0.3;
/** Seconds of motion that can be saved at most, the newest. */
const SAVED = 600;
/** Samples that are taken from a voice at once, at least. */
const PIECE = 800;

export const RELATIONS = ["friend", "stranger", "family", "dating"] as const;
export const TRAITS = ["extraversion", "agreeableness", "conscientiousness", "neuroticism", "openness"] as const;
/** The two people, as the address calls them. */
export const PEOPLE = ["a", "b"] as const;
export type Person = (typeof PEOPLE)[number];

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The state of the page: the address says what begins and what holds, a session goes on from there. */
export class Talker {
  readonly use = new ModelInUse();
  readonly sources = new Sources();
  players = $state.raw<readonly Player[] | null>(null);
  tapes = $state.raw<readonly Tape[]>([new Tape(), new Tape()]);
  /** Whether the voices are played. */
  loudspeaker = $state.raw<Loudspeaker | null>(null);
  readonly #pace = new Pace();
  /** Milliseconds from a change to the first frame that was drawn under it; seconds that motion is behind a live voice. */
  reaction = $state<number | null>(null);
  behind = $state<number | null>(null);
  /** Who speaks in what is shown. */
  speaking = $state.raw<readonly [boolean, boolean]>([false, false]);
  running = $state(true);
  error = $state<string | null>(null);
  #voices: readonly Voice[] = [nobody, nobody];
  #blocks: GestureBlock[] = [];
  #asked: { at: number; frame: number } | null = null;
  #run = 0;

  readonly entries = $derived(models.ofKind("gesture"));
  readonly entry = $derived(models.inRoute(this.entries));
  readonly generator = $derived(this.use.of("gesture", this.entry));
  readonly seed = $derived(Math.trunc(route.number("seed", 1, 0, Number.MAX_SAFE_INTEGER)));
  readonly relation = $derived(RELATIONS.find((name) => name === route.get("relation")));
  readonly traits = $derived({ a: readTraits(route.get("a")), b: readTraits(route.get("b")) });

  /** An option of the session; undefined where the model has none of that name. */
  number(name: string): number | undefined {
    const info = this.generator?.sessionOptions?.[name];
    return info && route.number(name, Number(info.preset), info.minimum, info.maximum);
  }

  /** What holds from the next block on. */
  readonly held = $derived.by(() => ({
    relation: this.relation,
    personality: this.traits.a,
    partnerPersonality: this.traits.b,
    ...Object.fromEntries(
      ["guidance", "steps", "expressiveness"].flatMap((name) => {
        const value = this.number(name);
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  }));

  setTrait(person: Person, index: number, value: number): void {
    const traits = [...(this.traits[person] ?? TRAITS.map(() => 0))];
    traits[index] = value;
    route.set({ [person]: traits.join(",") });
  }

  /** Milliseconds of the last blocks, and seconds of motion that they held. */
  get pace(): { ms: number; seconds: number } | null {
    return this.#pace.now;
  }

  /** Begins anew, from the address and the sources. */
  async begin(generator: WebGenerator<"gesture">): Promise<void> {
    const own = ++this.#run;
    this.#leave();
    this.error = null;
    let session: WebGestureSession | null = null;
    try {
      const voices = await this.sources.open();
      if (own !== this.#run) return void voices.forEach((voice) => void voice.close());
      this.#voices = voices;
      const held = this.held;
      session = await generator.open({ ...held, seed: this.seed });
      if (own !== this.#run) return;
      const { fps } = session;
      this.#blocks = [];
      this.#pace.begin();
      this.#asked = null;
      this.players = [new Player(fps), new Player(fps)];
      this.tapes = [new Tape(), new Tape()];
      this.reaction = null;
      this.behind = null;
      await this.#draw(session, own, held);
    } catch (error) {
      if (own === this.#run && (error as Error).name !== "AbortError") this.error = (error as Error).message;
    } finally {
      await session?.close().catch(() => undefined);
    }
  }

  /** Draws blocks as long as the page shows them, a little ahead of what is shown. */
  async #draw(session: WebGestureSession, own: number, begun: Record<string, unknown>): Promise<void> {
    const [player] = this.players!;
    const live = this.#voices.some((voice) => voice.live);
    let held = begun;
    while (own === this.#run) {
      if (!this.running) for (const voice of this.#voices) voice.skip();
      const ready = Math.max(READY, (1.5 * (this.pace?.ms ?? 0)) / 1000);
      if (!this.running || (!live && player.ahead > ready)) {
        await wait(15);
        continue;
      }
      const start = performance.now();
      if (this.held !== held) {
        held = this.held;
        await session.change(held).then(
          () => {
            this.error = null;
            this.#asked ??= { at: start, frame: player.end };
          },
          (error: Error) => {
            this.error = error.message;
          },
        );
      }
      const block = await session.pull();
      if (own !== this.#run) return;
      if (block) this.#keep(block, performance.now() - start, session);
      else await this.#listen(session);
    }
  }

  /** Gives the session what can be heard of both. */
  async #listen({ frames, fps, push }: WebGestureSession): Promise<void> {
    const count = Math.min((frames / fps) * SAMPLE_RATE, ...this.#voices.map(({ ready }) => ready));
    if (count < PIECE) return void (await wait(15));
    const [first, second] = this.#voices.map((voice, i) => {
      const samples = voice.take(Math.floor(count));
      this.tapes[i].push(samples);
      return samples;
    });
    await push(first, second);
  }

  #keep(block: GestureBlock, ms: number, { fps, frames }: WebGestureSession): void {
    this.#blocks.push(block);
    if ((this.#blocks.length * frames) / fps > SAVED) this.#blocks.shift();
    for (const [i, person] of block.people.entries()) {
      this.tapes[i].speech.push(...block.speech[i]);
      this.players![i].add(person);
    }
    this.#pace.add(ms, frames / fps);
  }

  /** Moves what is shown on by so many seconds; null where nothing has come yet. */
  advance(seconds: number): readonly Pose[] | null {
    const { players, tapes } = this;
    if (!players) return null;
    const [player] = players;
    const live = this.#voices.some((voice) => voice.live);
    // A microphone's figures make up for what they have waited
    const step = this.running ? seconds * (live && player.ahead > 0.8 ? 1.15 : 1) : 0;
    const poses = players.flatMap((one) => one.advance(step) ?? []);
    if (poses.length < 2) return null;
    const second = player.at / player.fps;
    if (this.running)
      this.loudspeaker?.follow(
        second,
        tapes.map((tape, i) => (this.#voices[i].live ? null : tape)),
      );
    else this.loudspeaker?.silence();
    const speaks = tapes.map(({ speech }) => (speech[Math.floor(player.at)] ?? 0) > 0.5);
    if (speaks.some((one, i) => one !== this.speaking[i])) this.speaking = [speaks[0], speaks[1]];
    if (live && this.running) this.behind = tapes[0].end / SAMPLE_RATE - second;
    if (this.#asked && player.at >= this.#asked.frame) {
      this.reaction = performance.now() - this.#asked.at;
      this.#asked = null;
    }
    return poses;
  }

  #leave(): void {
    for (const voice of this.#voices) voice.close();
    this.#voices = [nobody, nobody];
    this.loudspeaker?.silence();
  }

  /** Ends for good. */
  stop(): void {
    this.#run++;
    this.#leave();
    this.loudspeaker?.close();
    this.loudspeaker = null;
  }

  /** What has been drawn so far, as one conversation. */
  gestures(): Gestures {
    const clipOf = (person: 0 | 1) => joinClips(this.#blocks.map(({ people }) => people[person].clip));
    return new Gestures([[clipOf(0), clipOf(1)]]);
  }
}

/** Five numbers of the address; undefined where there are none. */
function readTraits(text: string | undefined): readonly number[] | undefined {
  const traits = text?.split(",").map(Number);
  return traits?.length === TRAITS.length && traits.every((value) => Math.abs(value) <= 4) ? traits : undefined;
}
