import type { WebGenerator } from "fewstep/browser";
import { evaluationsOf, evaluationWith, type Figure } from "../../lib/cards.js";
import { deviceName } from "../../lib/format.js";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { type ModelEntry, models } from "../../lib/models.svelte.js";
import { labelOf } from "../../lib/recipe.js";
import { route } from "../../lib/route.svelte.js";
import { classesOf, groupsOf, median } from "./groups.js";

/** Step counts that can be compared. */
export const STEPS = [1, 2, 4, 8, 16, 32, 50, 64];
const PRESET = "1_4_16";
/** Pictures of each. The first is not timed: with it the network is prepared. */
export const PICTURES = 4;
/** The pictures are drawn again for their times until so many are there, or so many milliseconds have gone. */
const TIMED = { times: 9, ms: 300 };

/** What a model has drawn with a number of steps. */
export interface Outcome {
  readonly steps: number | null;
  readonly images: readonly ImageData[];
  /** Network evaluations of a picture. */
  readonly evaluations: number;
  /** Median milliseconds of a picture on this page. */
  readonly ms: number | null;
}
/** A model with what it has drawn so far. */
export interface Row {
  readonly entry: ModelEntry;
  readonly device: string;
  readonly outcomes: readonly Outcome[];
  readonly error: string | null;
}
/** What is drawn. */
export interface Wish {
  readonly entries: readonly ModelEntry[];
  readonly steps: readonly number[];
  readonly seed: number;
  /** A class by its name. */
  readonly className: string | null;
}

/** The state of the page, all of it from the URL, and what is drawn from it. */
export class Comparison {
  rows = $state.raw<readonly Row[]>([]);
  working = $state(false);
  #stop = new AbortController();

  readonly groups = $derived(groupsOf(models.ofKind("image")));
  readonly group = $derived(this.groups.find(({ name }) => name === route.get("data")) ?? this.groups[0]);
  readonly entries = $derived<readonly ModelEntry[]>(this.group?.entries ?? []);
  readonly classNames = $derived(classesOf(this.entries));
  readonly seed = $derived(Math.trunc(route.number("seed", 7, 0, Number.MAX_SAFE_INTEGER)));
  readonly label = $derived(
    this.classNames ? Math.trunc(route.number("label", 0, 0, this.classNames.length - 1)) : null,
  );
  readonly className = $derived(this.label === null ? null : this.classNames![this.label]);
  readonly steps = $derived.by((): readonly number[] => {
    const given = (route.get("steps") ?? PRESET).split("_").map(Number);
    const steps = STEPS.filter((count) => given.includes(count));
    return steps.length > 0 ? steps : [1];
  });
  /** Figures that cards of this data have. */
  readonly figures = $derived([
    ...new Set(
      this.entries.flatMap(({ metrics }) =>
        evaluationsOf(metrics).flatMap((one) => one.metrics.map(({ name }) => name)),
      ),
    ),
  ]);
  readonly figure = $derived(
    this.figures.find((name) => name === route.get("figure")) ??
      this.figures.find((name) => name.startsWith("Fréchet")) ??
      this.figures[0] ??
      null,
  );

  /** The card's figure of an outcome, with how many samples it was measured. */
  figureFor(entry: ModelEntry, evaluations: number, name = this.figure): (Figure & { n?: number }) | undefined {
    return evaluationWith(entry.metrics, evaluations)?.metrics.find((one) => one.name === name);
  }

  /** Whether a model cannot draw the class that is chosen. */
  lacksClass({ classNames }: ModelEntry): boolean {
    return this.className !== null && !classNames?.includes(this.className);
  }

  /** Takes a step count in, or out. */
  toggle(count: number): void {
    const steps = this.steps.includes(count) ? this.steps.filter((one) => one !== count) : [...this.steps, count];
    if (steps.length > 0) route.set({ steps: steps.sort((a, b) => a - b).join("_") });
  }

  /** Draws all models one after the other; rows of before stay until their models have drawn anew. */
  async draw({ entries, steps, seed, className }: Wish): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.working = true;
    this.rows = entries.map(
      (entry) => this.rows.find((row) => row.entry === entry) ?? { entry, device: "", outcomes: [], error: null },
    );
    try {
      for (const entry of entries) {
        const use = new ModelInUse();
        await use.use(entry);
        if (signal.aborted) return;
        const generator = use.made as WebGenerator<"image"> | null;
        if (!generator) {
          this.#set(entry, { error: use.error ?? "This model could not be loaded.", outcomes: [] });
          continue;
        }
        await this.#drawModel(entry, generator, { steps, seed, className }, signal);
      }
    } finally {
      if (!signal.aborted) this.working = false;
    }
  }

  async #drawModel(
    entry: ModelEntry,
    generator: WebGenerator<"image">,
    { steps, seed, className }: Omit<Wish, "entries">,
    signal: AbortSignal,
  ): Promise<void> {
    const device = deviceName(generator);
    const label = className === null ? -1 : (generator.classNames?.indexOf(className) ?? -1);
    const counts = generator.options.steps ? steps : [null];
    const most = Number(generator.options.steps?.maximum ?? 1);
    const old = this.rows.find((row) => row.entry === entry)?.outcomes ?? [];
    // Outcomes of before keep their places until their time comes.
    this.#set(entry, {
      device,
      error: null,
      outcomes: counts.flatMap((count) => old.find((one) => one.steps === count) ?? []),
    });
    for (const count of counts) {
      if (count !== null && count > most) continue;
      const options = {
        ...(count !== null && { steps: count }),
        ...(label >= 0 && { label: labelOf(generator.classNames, label) }),
      };
      try {
        const evaluations = await generator.cost(options);
        const images: ImageData[] = [];
        const times: number[] = [];
        const begin = performance.now();
        for (let i = 0; i < PICTURES || (times.length < TIMED.times && performance.now() - begin < TIMED.ms); i++) {
          const start = performance.now();
          const drawn = await generator.sample({ ...options, seed: seed + (i % PICTURES) }, { signal });
          if (i > 0) times.push(performance.now() - start);
          if (i < PICTURES) images.push(drawn.imageData());
        }
        const outcome = { steps: count, images, evaluations, ms: median(times) };
        const others = (this.rows.find((row) => row.entry === entry)?.outcomes ?? []).filter(
          (one) => one.steps !== count,
        );
        this.#set(entry, { outcomes: [...others, outcome].sort((a, b) => (a.steps ?? 0) - (b.steps ?? 0)) });
      } catch (error) {
        if (signal.aborted) return;
        this.#set(entry, { error: (error as Error).message });
      }
    }
  }

  #set(entry: ModelEntry, change: Partial<Row>): void {
    this.rows = this.rows.map((row) => (row.entry === entry ? { ...row, ...change } : row));
  }

  stop(): void {
    this.#stop.abort(new DOMException("Something newer is asked for.", "AbortError"));
  }
}
