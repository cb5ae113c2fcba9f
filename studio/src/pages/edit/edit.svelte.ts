import type { EditForm, WebGenerator } from "fewstep/browser";
import { ModelInUse } from "../../lib/generator.svelte.js";
import { models } from "../../lib/models.svelte.js";
import { readOption } from "../../lib/options.js";
import { labelOf } from "../../lib/recipe.js";
import { route } from "../../lib/route.svelte.js";
import { fromText, toText } from "./keep.js";
import { backgroundOf, type Colour, composed, type Selection } from "./pixels.js";
import { begun, done, redone, type Undoable, undone } from "./undo.js";

/** Pictures to begin with. */
export const STARTS = 8;
/** Edits that the model's version is made by, which follows while somebody paints. */
const LIVE = ["project", "reconstruct"];
/** Most results of an edit, and passes: more do not answer at once. */
export const UP_TO: Record<string, number> = { count: 24, steps: 16, seed: 999 };

/** What can be undone. */
export interface Doc {
  readonly picture: ImageData;
  readonly selection: Selection;
}
export interface Result {
  readonly image: ImageData;
  readonly about: string;
}
type Generator = WebGenerator<"image">;

/** The state of the page: options from the URL, the picture from this visit's storage. */
export class Editor {
  readonly use = new ModelInUse();
  /** The picture with what was done to it; null until there is one. */
  history = $state.raw<Undoable<Doc> | null>(null);
  /** The picture with a stroke that is not ended yet. */
  draft = $state.raw<Doc | null>(null);
  /** What the model makes of the picture. */
  version = $state.raw<ImageData | null>(null);
  ms = $state<number | null>(null);
  starts = $state.raw<readonly (ImageData | null)[]>(Array(STARTS).fill(null));
  second = $state.raw<ImageData | null>(null);
  results = $state.raw<readonly Result[]>([]);
  error = $state<string | null>(null);
  editError = $state<string | null>(null);
  working = $state(false);
  #stop = new AbortController();

  readonly entries = $derived(models.ofKind("image").filter(({ method, files }) => method === "sphere" || files));
  readonly entry = $derived(models.inRoute(this.entries));
  readonly generator = $derived(this.use.of("image", this.entry));
  readonly size = $derived(this.generator?.image ?? null);
  readonly classNames = $derived(this.generator?.classNames ?? null);
  /** Seed of the pictures to begin with. */
  readonly start = $derived(Math.trunc(route.number("start", 7, 0, Number.MAX_SAFE_INTEGER)));
  readonly background = $derived.by((): Colour => backgroundOf(this.starts.filter((one) => one !== null)));

  readonly lives = $derived(LIVE.filter((name) => this.generator?.edits[name]));
  readonly live = $derived(this.lives.find((name) => name === route.get("live")) ?? this.lives[0] ?? null);
  /** Passes of the model's version, where it has them. */
  readonly passes = $derived(Math.trunc(route.number("passes", 1, 0, UP_TO.steps)));
  /** Class as which the model sees the picture, or none. */
  readonly as = $derived.by(() => this.#class("as"));

  readonly verbs = $derived(Object.keys(this.generator?.edits ?? {}).filter((name) => !LIVE.includes(name)));
  readonly verb = $derived(this.verbs.find((name) => name === route.get("edit")) ?? this.verbs[0] ?? null);
  readonly form = $derived<EditForm | null>(this.verb === null ? null : (this.generator?.edits[this.verb] ?? null));
  /** Options of the edit that the URL has; others are the edit's own presets. */
  readonly options = $derived.by((): Record<string, unknown> => {
    const options: Record<string, unknown> = {};
    for (const [name, info] of Object.entries(this.form?.options ?? {})) {
      const value =
        name === "label"
          ? this.#class("label")
          : name === "labels"
            ? this.#classes()
            : readOption(info, route.get(name));
      if (value !== undefined && value !== null) options[name] = value;
    }
    return options;
  });
  readonly shown = $derived<Doc | null>(this.draft ?? this.history?.present ?? null);
  readonly canUndo = $derived((this.history?.past.length ?? 0) > 0);
  readonly canRedo = $derived((this.history?.future.length ?? 0) > 0);

  #class(name: string): number | null {
    const label = route.number(name, -1, 0, (this.classNames?.length ?? 0) - 1);
    return label < 0 ? null : Math.trunc(label);
  }
  /** Names of the classes of two ends, or none. */
  #classes(): string[] | null {
    const names = (route.get("labels") ?? "").split("_").map((label) => this.classNames?.[Number(label)]);
    return names.length === 2 && names.every((name) => name !== undefined) ? (names as string[]) : null;
  }

  /** Begins with what this visit had last, else with the first picture that the model draws. */
  async begin(generator: Generator): Promise<void> {
    const size = generator.image!;
    const kept = fromText(read(key(size)), size.width, size.height);
    this.history =
      kept && begun({ picture: new ImageData(kept.data, size.width, size.height), selection: kept.selection });
    this.draft = this.version = this.second = null;
    this.results = [];
  }

  /** Draws the pictures to begin with, of all classes in turn. */
  async drawStarts(generator: Generator, seed: number): Promise<void> {
    try {
      const steps = generator.options.steps ? { steps: 4 } : {};
      const drawn = await generator.sample({ count: STARTS, seed, ...steps });
      if (generator !== this.generator || seed !== this.start) return;
      this.starts = Array.from({ length: STARTS }, (_, i) => drawn.imageData(i));
      this.second ??= this.starts[1];
      if (!this.history) this.#become(begun({ picture: this.starts[0]!, selection: null }));
    } catch (error) {
      this.#say(error);
    }
  }

  #become(history: Undoable<Doc>): void {
    this.history = history;
    const { picture, selection } = history.present;
    write(key(this.size!), toText(picture, selection));
  }
  /** Something new, which can be undone. */
  change(change: Partial<Doc>): void {
    if (!this.history) return;
    this.draft = null;
    this.#become(done(this.history, { ...this.history.present, ...change }));
  }
  undo(): void {
    if (this.history) this.#become(undone(this.history));
  }
  redo(): void {
    if (this.history) this.#become(redone(this.history));
  }
  /** Another picture instead of this one; what was chosen in the old one is forgotten. */
  replace(picture: ImageData): void {
    if (this.history) this.change({ picture, selection: null });
    else this.#become(begun({ picture, selection: null }));
  }
  /** Takes a picture that the model has made of this one, inside the selection only. */
  take(image: ImageData): void {
    const doc = this.history?.present;
    if (doc) this.change({ picture: within(doc, image) });
  }

  /** What the model makes of a picture; inside its selection only. */
  async follow({ generator, doc, live, passes, as }: Following): Promise<void> {
    const start = performance.now();
    const alone = !this.working && this.starts.every((one) => one !== null);
    try {
      const { options } = generator.edits[live];
      const made = await generator.edit(
        live,
        { pictures: doc.picture },
        {
          ...(options.steps && { steps: passes }),
          ...(options.label && as !== null && { label: labelOf(generator.classNames, as) }),
        },
      );
      if (generator !== this.generator) return;
      this.version = within(doc, made.imageData());
      // With other work of the model beside it, the time would be that of both.
      if (alone && !this.working) this.ms = performance.now() - start;
      this.error = null;
    } catch (error) {
      this.#say(error);
    }
  }

  /** Does the edit; of one that needs a class and was told none, each class. */
  async run({ generator, verb, form, options, doc, second }: Running): Promise<void> {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.editError = null;
    const pair = form.takes.includes("pair");
    if (pair && !second) return;
    if (form.takes.includes("mask") && !doc.selection) {
      this.results = [];
      return;
    }
    this.working = true;
    try {
      const input = () => ({
        pictures: pair ? [doc.picture, second!] : [doc.picture],
        ...(form.takes.includes("mask") && { mask: Float32Array.from(doc.selection!) }),
      });
      const names = generator.classNames ?? [];
      const each = form.options.label?.required && options.label === undefined;
      let results: Result[] = [];
      for (const label of each ? names.keys() : [null]) {
        const own = label ?? (options.label as number | undefined);
        const given = { ...options, ...(own !== undefined && { label: names[own] }) };
        const made = await generator.edit(verb, input(), given, { signal });
        const keep = form.takes.includes("mask") || pair ? null : doc;
        for (let i = 0; i < made.count; i++) {
          const image = made.imageData(i);
          const about = label !== null ? names[label] : made.count > 1 ? `${verb} ${i + 1}` : verb;
          results = [...results, { image: keep ? within(keep, image) : image, about }];
        }
        // Those of before stay until their place is taken, so that nothing jumps.
        this.results = [...results, ...(each ? this.results.slice(results.length, names.length) : [])];
      }
    } catch (error) {
      if ((error as Error).name !== "AbortError") {
        this.results = [];
        this.editError = (error as Error).message;
      }
    } finally {
      this.working = false;
    }
  }
  stop(): void {
    this.#stop.abort(new DOMException("Something newer is asked for.", "AbortError"));
  }

  #say(error: unknown): void {
    if ((error as Error).name !== "AbortError") this.error = (error as Error).message;
  }
}

/** What the model's version is made of. */
export interface Following {
  readonly generator: Generator;
  readonly doc: Doc;
  readonly live: string;
  readonly passes: number;
  readonly as: number | null;
}
/** What an edit is made of. */
export interface Running {
  readonly generator: Generator;
  readonly verb: string;
  readonly form: EditForm;
  readonly options: Record<string, unknown>;
  readonly doc: Doc;
  readonly second: ImageData | null;
}

/** A picture made of a document's: inside its selection; outside it stays. */
const within = ({ picture, selection }: Doc, made: ImageData): ImageData =>
  new ImageData(composed(picture, made, selection), picture.width, picture.height);

const key = ({ width, height, channels }: { width: number; height: number; channels: number }) =>
  `fewstep.edit.${width}x${height}x${channels}`;
function read(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null; // storage is switched off
  }
}
function write(name: string, text: string): void {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    // storage is switched off or full: the picture holds until the page is left
  }
}
