import {
  joinClips,
  type MotionBlock,
  type MotionGhost,
  Motions,
  type Spot,
  type WebGenerator,
  type WebMotionSession,
} from "fewstep/browser";
import { Pace } from "../../figure/pace.svelte.js";
import { Player } from "../../figure/player.js";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { models } from "../../lib/models.svelte.js";
import { clamp } from "../../lib/options.js";
import { route } from "../../lib/route.svelte.js";

/** Seconds of motion that are kept ready: more would make a new text show later. */
const READY = 0.35;
/** Seconds of motion that can be saved at most, the newest. */
const SAVED = 600;
/** What the page begins with. */
const FIRST = "a person walks";

/** What was said, and when. */
export interface Said {
  readonly text: string;
  /** Seconds of the motion. */
  readonly at: number;
}

/** The state of the page: the URL says what begins, a session goes on from there. */
export class Mover {
  readonly use = new ModelInUse();
  player = $state.raw<Player | null>(null);
  said = $state.raw<readonly Said[]>([]);
  ghosts = $state.raw<readonly MotionGhost[]>([]);
  readonly #pace = new Pace();
  /** Milliseconds from Enter to the first frame that was drawn after it. */
  reaction = $state<number | null>(null);
  running = $state(true);
  /** The path that the root follows; null: none. */
  path = $state.raw<readonly Spot[] | null>(null);
  error = $state<string | null>(null);
  #session: WebMotionSession | null = null;
  /** When something was said, and the first frame that was drawn after it. */
  #asked: { at: number; frame: number } | null = null;
  #run = 0;
  #blocks: MotionBlock[] = [];

  readonly entries = $derived(models.ofKind("motion"));
  readonly entry = $derived(models.inRoute(this.entries));
  readonly generator = $derived(this.use.of("motion", this.entry));
  readonly prompt = $derived(route.get("prompt") ?? FIRST);
  readonly seed = $derived(Math.trunc(route.number("seed", 1, 0, Number.MAX_SAFE_INTEGER)));
  readonly guidance = $derived(this.#option("guidance", 0, 10));
  readonly steps = $derived(Math.trunc(this.#option("steps", 1, 64)));
  readonly lag = $derived(Math.trunc(clamp(this.#option("lag", 1, 64), 1, this.steps)));

  #option(name: string, low: number, high: number): number {
    const preset = Number(this.generator?.options[name]?.preset ?? low);
    return route.number(name, preset, low, high);
  }

  /** Milliseconds of the last blocks, and seconds of motion that they held. */
  get pace(): { ms: number; seconds: number } | null {
    return this.#pace.now;
  }

  /** Begins anew, from the URL's text and seed. */
  async begin(generator: WebGenerator<"motion">): Promise<void> {
    const own = ++this.#run;
    await this.#end();
    this.error = null;
    try {
      const { prompt, seed, guidance, steps, lag } = this;
      const session = await generator.open({ prompt, seed, guidance, steps, lag });
      if (own !== this.#run) return void session.close();
      if (this.path) await session.follow(this.path);
      this.#session = session;
      this.#blocks = [];
      this.#pace.begin();
      this.player = new Player(session.fps);
      this.said = [{ text: prompt, at: 0 }];
      this.reaction = null;
      this.ghosts = [];
      void this.#draw(session, own);
    } catch (error) {
      if (own === this.#run) this.error = (error as Error).message;
    }
  }

  /** Draws blocks as long as the page shows them, a little ahead of what is shown. */
  async #draw(session: WebMotionSession, own: number): Promise<void> {
    const player = this.player!;
    try {
      while (own === this.#run) {
        if (!this.running || player.ahead > READY) {
          await new Promise((resolve) => setTimeout(resolve, 15));
          continue;
        }
        const start = performance.now();
        const block = await session.next();
        if (own !== this.#run) return;
        this.#keep(block, performance.now() - start, session);
        player.add(block);
        this.ghosts = await session.ahead();
      }
    } catch (error) {
      if (own === this.#run && (error as Error).name !== "AbortError") this.error = (error as Error).message;
    }
  }

  #keep(block: MotionBlock, ms: number, { fps, frames }: WebMotionSession): void {
    this.#blocks.push(block);
    if ((this.#blocks.length * frames) / fps > SAVED) this.#blocks.shift();
    this.#pace.add(ms, block.clip.frames / fps);
  }

  /** Says what is to happen now. Where the model does not understand, the error is shown and the motion goes on. */
  async say(text: string): Promise<boolean> {
    if (!this.#session || !this.player) return false;
    const at = performance.now();
    try {
      await this.#session.say(text);
      this.error = null;
      this.#asked = { at, frame: this.player.end };
      this.said = [...this.said, { text, at: this.player.at / this.player.fps }].slice(-8);
      route.set({ prompt: text });
      return true;
    } catch (error) {
      this.error = (error as Error).message;
      return false;
    }
  }

  /** Leads the root along a path from the next block on; null: no more. What is no path is shown as an error. */
  async follow(points: readonly Spot[] | null): Promise<boolean> {
    try {
      await this.#session?.follow(points);
      this.error = null;
      this.path = points;
      return true;
    } catch (error) {
      this.error = (error as Error).message;
      return false;
    }
  }

  /** Where the figure is that was drawn last, x and z in metres. */
  get place(): Spot {
    const { root } = this.#blocks.at(-1)?.clip ?? { root: [0, 0, 0] };
    return [root[root.length - 3], root[root.length - 1]];
  }

  /** Changes how strongly the text is followed while it moves. */
  async guide(guidance: number): Promise<void> {
    await this.#session?.guide(guidance).catch((error: Error) => {
      this.error = error.message;
    });
  }

  /** To be called where a frame is shown: tells when the first one came that was drawn after the newest text. */
  shown(): void {
    if (!this.#asked || !this.player || this.player.at < this.#asked.frame) return;
    this.reaction = performance.now() - this.#asked.at;
    this.#asked = null;
  }

  async #end(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close().catch(() => undefined);
  }

  /** Ends for good. */
  stop(): void {
    this.#run++;
    void this.#end();
  }

  /** What has been drawn so far, as one motion. */
  motions(): Motions {
    return new Motions([joinClips(this.#blocks.map(({ clip }) => clip))]);
  }

  /** A motion of what was said last that goes round, of so many seconds, drawn from the seed. */
  async cycle(seconds: number): Promise<Motions> {
    const { prompt, seed, guidance, steps, lag } = this;
    const asked = { prompt, seed, guidance, steps, lag, seconds, loop: true };
    const { clips, prompts } = await this.generator!.sample(asked);
    return new Motions(clips, prompts);
  }
}
