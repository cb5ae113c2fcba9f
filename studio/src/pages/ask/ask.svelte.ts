import type { SpokenWord, WebAnswerer } from "fewstep/browser";
import {
  type Layout,
  type Question,
  type Scene,
  SKILLS,
  type Skill,
  seededQuestion,
  seededScene,
} from "fewstep/scenes";
import { AnswererInUse } from "../../lib/answerer.svelte.js";
import { models } from "../../lib/models.svelte.js";
import { route } from "../../lib/route.svelte.js";
import { imageOf } from "../../lib/scene-picture.js";
import { type Items, LAYOUTS, readItems, writeItems } from "./compose.js";
import type { OwnPicture } from "./picture.js";
import { measuredOf, type Truth, truthOf, verdictOf } from "./truth.js";

/** What is asked first of each kind of scene: each of them can be asked it. */
const FIRST: Record<Layout, Skill> = { crowd: "count", odd: "odd", digits: "digit", chart: "chart" };
/** The kind of scene that a skill is asked about, where the present one does not have it. */
const SCENE_OF = (skill: Skill): Layout =>
  skill === "digit" ? "digits" : skill === "chart" ? "chart" : skill === "odd" ? "odd" : "crowd";
const REMEMBERED = 60;
/** Scenes that are tried for a question of a skill. */
const TRIES = 500;
/** Seeds that the slider has. */
export const SEEDS = 1e4;

export interface Wish {
  readonly answerer: WebAnswerer;
  readonly image: ImageData;
  readonly question: string;
  readonly truth: Truth;
  /** What it is about: an answer to the same question about what this was before takes its place. */
  readonly about: string;
  /** Where the state stands again; null of a picture that no link can hold. */
  readonly href: string | null;
}
/** A question with its answer. */
export interface Told extends Pick<Wish, "image" | "question" | "truth" | "about" | "href"> {
  readonly id: number;
  readonly said: string;
  readonly probability: number | null;
  readonly words: readonly SpokenWord[];
  readonly ms: number | null;
  readonly right: boolean | null;
  readonly verdict: string;
}

/** The state of the page, all but a picture of one's own from the URL. */
export class Asker {
  readonly use = new AnswererInUse();
  own = $state.raw<OwnPicture | null>(null);
  /** What is being answered or was last. */
  now = $state.raw<(Pick<Told, "question" | "words"> & Partial<Told>) | null>(null);
  told = $state.raw<readonly Told[]>([]);
  error = $state<string | null>(null);
  examples = $state.raw<ReadonlyMap<Skill, Question>>(new Map());
  /** Which of the examples, counted up for others. */
  turn = $state(0);
  #stop = new AbortController();
  #last = 0;

  readonly entries = $derived(models.answering);
  readonly entry = $derived(models.inRoute(this.entries));
  readonly answerer = $derived(this.use.of(this.entry));
  readonly measured = $derived(measuredOf(this.entry?.metrics));
  readonly layout = $derived(LAYOUTS.find(({ value }) => value === route.get("draw"))?.value ?? "crowd");
  readonly seed = $derived(Math.trunc(route.number("seed", 1, 0, Number.MAX_SAFE_INTEGER)));
  readonly made = $derived(route.get("made"));
  readonly scene = $derived.by((): Scene => {
    const scene = seededScene(this.layout, this.seed);
    return this.made === undefined ? scene : { ...scene, ...readItems(this.made, this.layout) };
  });
  readonly image = $derived(this.own?.image ?? imageOf(this.scene));
  readonly question = $derived(route.get("q") ?? seededQuestion(this.scene, FIRST[this.layout], this.seed)?.text ?? "");
  readonly wish = $derived.by((): Wish | null => {
    const { answerer, image, question, own } = this;
    if (!answerer || question === "") return null;
    const about = own ? `own ${own.name}` : `${this.layout} ${this.seed}`;
    const params = { ...route.params, q: question };
    const truth = truthOf(question, own ? null : this.scene);
    return { answerer, image, question, truth, about, href: own ? null : route.href("ask", params) };
  });
  /** Questions of each skill that were asked here, and how many of them were answered right. */
  readonly tally = $derived.by(() => {
    const tally = new Map<string, { right: number; n: number }>();
    for (const { truth, right } of this.told) {
      if (truth.kind !== "known") continue;
      const before = tally.get(truth.skill) ?? { right: 0, n: 0 };
      tally.set(truth.skill, { right: before.right + Number(right), n: before.n + 1 });
    }
    return tally;
  });

  stop(): void {
    this.#stop.abort();
  }

  /** Asks the model. What was said before stays until the first word comes. */
  async answer({ answerer, image, ...wish }: Wish): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const { question, truth, about } = wish;
    let words: readonly SpokenWord[] = [];
    try {
      const onWord = (word: SpokenWord) => {
        words = [...words, word];
        this.now = { ...wish, words };
      };
      const { text: said, probability, ms } = await answerer.ask(image, question, {}, { signal, onWord });
      const { right, text: verdict } = verdictOf(truth, said);
      const told = { ...wish, id: ++this.#last, image, said, probability, words, ms, right, verdict };
      const before = this.told.filter((one) => !(one.question === question && one.about === about));
      this.told = [told, ...before].slice(0, REMEMBERED);
      this.now = told;
      this.error = null;
    } catch (error) {
      if (signal.aborted) return;
      this.now = null;
      // The model says all of its words, which stand on the page
      this.error = (error as Error).message.replace(/; it knows .*$/, ". Below stand the words that it knows.");
    }
  }

  ask(question: string): void {
    if (question !== this.question || route.get("q") === undefined) route.set({ q: question }, { push: true });
  }

  /** A scene of a kind from a seed, and the same question, or one of the same skill, where it can be asked there. */
  draw(layout: Layout = this.layout, seed = Math.floor(Math.random() * SEEDS)): void {
    const scene = seededScene(layout, seed);
    const truth = truthOf(this.question, scene);
    const like = "skill" in truth ? seededQuestion(scene, truth.skill, seed)?.text : undefined;
    this.own = null;
    route.set({ draw: layout, seed, made: null, q: truth.kind === "known" ? this.question : like }, { push: true });
  }

  /** The scene of another seed, while a slider moves. */
  seedTo(seed: number): void {
    route.set({ seed, made: null });
  }

  /** Nothing is asked. */
  nothing(): void {
    this.now = null;
    this.error = null;
  }

  /** Asks for a skill: about the scene that is there, or about one that has it. */
  askFor(skill: Skill): void {
    const example = this.own ? undefined : this.examples.get(skill);
    if (example) {
      this.ask(example.text);
      return;
    }
    const layout = SCENE_OF(skill);
    const first = Math.floor(Math.random() * SEEDS);
    for (let seed = first; seed < first + TRIES; seed++) {
      const question = seededQuestion(seededScene(layout, seed), skill, seed);
      if (!question) continue;
      this.own = null;
      route.set({ draw: layout, seed, made: null, q: question.text }, { push: true });
      return;
    }
  }

  change(items: Items): void {
    route.set({ made: writeItems(items) });
  }

  /** Example questions about the scene, one skill after the other, so that the page is never held up. */
  async findExamples(scene: Scene, seed: number, signal: AbortSignal): Promise<void> {
    const found = new Map<Skill, Question>();
    for (const skill of SKILLS) {
      const question = seededQuestion(scene, skill, seed);
      if (question) found.set(skill, question);
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return;
    }
    this.examples = found;
  }
}
