import type { WebGenerator } from "fewstep/browser";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { type ModelEntry, models } from "../../lib/models.svelte.js";
import { clamp, readOption } from "../../lib/options.js";
import {
  drawRecipes,
  type Recipe,
  readSeedling,
  type Seedling,
  type Shared,
  single,
  writeSeedling,
} from "../../lib/recipe.js";
import { route } from "../../lib/route.svelte.js";

/** Pictures on the wall. */
export const WALL = 24;
/** The model that a visitor meets first, where it is there: small, and one evaluation a picture. */
const FIRST = "drifting-fashion";
/** Options with a control of their own, or none. */
const OWN = new Set(["count", "label", "seed", "style", "window"]);
/** Upper ends of sliders: more steps do not answer at once. */
const UP_TO: Record<string, number> = { steps: 64, guidance: 4 };

/** An earlier picture, with the address that brings it back. */
export interface Remembered {
  readonly href: string;
  readonly image: ImageData;
  readonly about: string;
}

/** The state of the page, all of it from the URL, and what is drawn from it. */
export class Playground {
  readonly use = new ModelInUse();
  images = $state.raw<readonly (ImageData | null)[]>([]);
  picture = $state.raw<ImageData | null>(null);
  ms = $state<number | null>(null);
  evaluations = $state<number | undefined>(undefined);
  working = $state(false);
  error = $state<string | null>(null);
  history = $state.raw<readonly Remembered[]>([]);
  /** Of which generator the wall was drawn last. */
  #drawn: WebGenerator | null = null;

  readonly entries = $derived(models.ofKind("image"));
  readonly entry = $derived.by(
    (): ModelEntry | undefined => this.#named(route.get("model")) ?? this.#named(FIRST) ?? this.entries[0],
  );
  /** The generator, once it is the one that the URL names. */
  readonly generator = $derived(this.use.of("image", this.entry));
  readonly classNames = $derived(this.entry?.classNames ?? null);
  readonly seed = $derived(Math.trunc(route.number("seed", 7, 0, Number.MAX_SAFE_INTEGER - 10_000)));
  readonly label = $derived.by((): number | null => {
    const label = route.number("label", -1, 0, (this.classNames?.length ?? 0) - 1);
    return label < 0 ? null : Math.trunc(label);
  });
  readonly controls = $derived(
    Object.entries(this.generator?.options ?? {}).filter(
      ([name, { type }]) => !OWN.has(name) && type !== "list" && type !== "object" && type !== "texts",
    ),
  );
  // Every movement over the pad changes the address. What is made of other parts of it stays the same object, by way of
  // texts, which are compared by what they say: else the whole wall would be drawn anew each time.
  /** Options beside seed and label, as the URL has them. */
  readonly shared = $derived.by((): Shared => JSON.parse(this.#sharedText));
  readonly #sharedText = $derived.by((): string => {
    const shared: Record<string, unknown> = {};
    for (const [name, info] of this.controls) {
      const value = readOption(info, route.get(name));
      if (value !== undefined) shared[name] = value;
      else if (name === "steps" && Number(info.preset) > 16) shared.steps = 16;
    }
    if (this.styles.count > 0) shared.style = this.style;
    return JSON.stringify(shared);
  });
  /** Style tokens of the model, and values of each. */
  readonly styles = $derived(
    this.generator?.options.style
      ? (this.generator.config.network as { styles: { count: number; size: number } }).styles
      : { count: 0, size: 0 },
  );
  readonly style = $derived.by((): number[] => {
    const given = (route.get("style") ?? "").split(",").map(Number);
    return Array.from({ length: this.styles.count }, (_, i) =>
      Number.isInteger(given[i]) ? clamp(given[i], 0, this.styles.size - 1) : 0,
    );
  });
  /** Pictures that are kept: the corners of the pad. */
  readonly corners = $derived.by((): readonly Seedling[] => this.#seedlings(this.#keep).slice(0, 4));
  readonly #keep = $derived(route.get("keep") ?? "");
  readonly #of = $derived(route.get("of") ?? "");
  readonly x = $derived(route.number("x", 0.5, 0, 1));
  readonly y = $derived(route.number("y", 0.5, 0, 1));
  /** Two pictures whose children the wall shows, or none. */
  readonly parents = $derived.by((): readonly Seedling[] => {
    const parents = this.#seedlings(this.#of);
    return parents.length === 2 ? parents : [];
  });
  readonly wall = $derived.by((): readonly Recipe[] =>
    Array.from({ length: WALL }, (_, i) => {
      if (this.parents.length === 2) return this.#child(i);
      const classes = this.classNames?.length ?? 0;
      return single(this.seed + i, classes === 0 ? null : (this.label ?? i % classes));
    }),
  );
  /** What the large picture shows. */
  readonly focus = $derived.by(
    (): Recipe => (this.corners.length === 0 ? this.wall[0] : { corners: this.corners, x: this.x, y: this.y }),
  );

  #named(name: string | undefined): ModelEntry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }

  #seedlings(text: string): Seedling[] {
    const classes = this.classNames?.length ?? 0;
    const words = text.split("_").filter(Boolean);
    return words.flatMap((word) => readSeedling(word, classes) ?? []);
  }

  /** Child i of the two parents: somewhere between them, with a fifth of a seed of its own. */
  #child(i: number): Recipe {
    const [a, b] = this.parents;
    const own = { seed: this.seed + 1000 + i, label: i % 2 === 0 ? a.label : b.label };
    return { corners: [a, b, own], x: 0.15 + (0.7 * i) / (WALL - 1), y: 0.2 };
  }

  /** Keeps a picture as a corner, or lets it go. */
  keep(seedling: Seedling): void {
    const word = writeSeedling(seedling);
    const words = this.corners.map(writeSeedling);
    const kept = words.includes(word) ? words.filter((one) => one !== word) : [...words, word].slice(-4);
    route.set({ keep: kept.join("_") || null, x: null, y: null }, { push: true });
  }

  /** Draws the wall. `signal` ends it. */
  async drawWall(generator: WebGenerator<"image">, recipes: readonly Recipe[], shared: Shared, signal: AbortSignal) {
    this.error = null;
    this.working = true;
    try {
      this.evaluations = await generator.cost({ ...shared });
      if (this.images.length !== recipes.length) this.images = recipes.map(() => null);
      const draw = async () => {
        const start = performance.now();
        this.images = await drawRecipes(generator, recipes, shared, signal, (index, image) => {
          this.images = this.images.with(index, image);
        });
        this.ms = performance.now() - start;
      };
      await draw();
      // The first drawing of a model compiles it: what a picture costs is told by a second one.
      if (this.#drawn !== generator && this.evaluations <= 4) await draw();
      this.#drawn = generator;
    } catch (error) {
      if ((error as Error).name !== "AbortError") this.error = (error as Error).message;
    } finally {
      this.working = false;
    }
  }

  /** Notes a picture, so that it can be called back. */
  remember(image: ImageData, about: string): void {
    const href = route.href("play", route.params);
    if (this.history[0]?.href === href) return;
    this.history = [{ href, image, about }, ...this.history.filter((one) => one.href !== href)].slice(0, 40);
  }

  /** Upper end of an option's slider. */
  upTo(name: string): number | undefined {
    return UP_TO[name];
  }
}
