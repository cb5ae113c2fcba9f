import type { SampleOptions } from "../models/generator.js";
import { createGenerator } from "./create.js";
import type { WebGenerator } from "./generator.js";
import { latest } from "./latest.js";
import type { Pictures } from "./pictures.js";

const STYLE = `
  :host { display: inline-block; inline-size: 10rem; max-inline-size: 100%; }
  :host([hidden]) { display: none; }
  canvas { display: block; inline-size: 100%; image-rendering: pixelated; }
  p { margin: 0; font: 0.875rem/1.4 system-ui, sans-serif; overflow-wrap: anywhere; }
  canvas[hidden], p[hidden] { display: none; }
`;

/** Where there are no elements, as on a server that renders pages, the class can be imported and not used. */
const Base = typeof HTMLElement === "undefined" ? (class {} as unknown as typeof HTMLElement) : HTMLElement;

/** A generator that elements share. */
interface Shared {
  readonly generator: Promise<WebGenerator<"image">>;
  users: number;
}
/** Those in use, by the address of their model; one that could not be made is made anew for the next that asks. */
const shared = new Map<string, Shared>();

function acquire(model: string): Shared {
  let entry = shared.get(model);
  if (!entry) {
    const made: Shared = { generator: createGenerator(model, { kind: "image" }), users: 0 };
    made.generator.catch(() => forget(model, made));
    shared.set(model, made);
    entry = made;
  }
  entry.users++;
  return entry;
}

function forget(model: string, entry: Shared): void {
  if (shared.get(model) === entry) shared.delete(model);
}

async function leave(model: string, entry: Shared): Promise<void> {
  if (--entry.users > 0) return;
  forget(model, entry);
  await (await entry.generator.catch(() => null))?.dispose();
}

/** Options that are numbers, and attributes. */
const NUMBERS = ["seed", "guidance", "steps"] as const;

/**
 * `<few-step model="…" label="…" seed="…" guidance="…" steps="…">`: a picture, drawn anew when an attribute changes.
 * `model` is the URL of a model's folder; elements of one model share its generator. Events: `draw` (with
 * `detail.pictures`) after each picture, `error` (with `error`) where none can be drawn; the message is shown too.
 * Parts to be styled: `picture` and `error`.
 */
export class FewStepElement extends Base {
  static readonly observedAttributes = ["model", "label", ...NUMBERS];
  private readonly canvas = document.createElement("canvas");
  private readonly problem = document.createElement("p");
  private using: { model: string; entry: Shared } | null = null;
  private changed = false;
  private readonly draw = latest(() => this.drawOnce());

  constructor() {
    super();
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.canvas.part.add("picture");
    this.canvas.role = "img";
    this.problem.part.add("error");
    this.problem.role = "alert";
    this.problem.hidden = true;
    this.attachShadow({ mode: "open" }).append(style, this.canvas, this.problem);
  }

  connectedCallback(): void {
    this.update();
  }

  disconnectedCallback(): void {
    this.update();
  }

  attributeChangedCallback(): void {
    this.update();
  }

  /** Once for all that is changed together; an element that is only moved is connected again by then. */
  private update(): void {
    if (this.changed) return;
    this.changed = true;
    queueMicrotask(() => {
      this.changed = false;
      this.choose(this.isConnected ? this.getAttribute("model") : null);
      if (this.isConnected) void this.draw();
    });
  }

  /** Takes the generator of a model, and leaves the one before. */
  private choose(model: string | null): void {
    const { using } = this;
    if (model === (using?.model ?? null) && (!using || shared.get(using.model) === using.entry)) return;
    this.using = model === null ? null : { model, entry: acquire(model) };
    if (using) void leave(using.model, using.entry);
  }

  private async drawOnce(): Promise<void> {
    const { using } = this;
    const current = () => this.isConnected && using === this.using;
    try {
      if (!using) throw new Error('few-step needs the attribute "model": the URL of a model\'s folder.');
      this.canvas.ariaLabel ??= this.getAttribute("label") ?? "picture";
      const generator = await using.entry.generator;
      const pictures = await generator.sample(this.options());
      if (current()) this.present(pictures, generator);
    } catch (error) {
      if (current()) this.fail(error as Error);
    }
  }

  private options(): SampleOptions {
    const numbers = NUMBERS.filter((name) => this.hasAttribute(name)).map((name) => {
      const text = this.getAttribute(name)!.trim();
      return [name, text === "" ? Number.NaN : Number(text)];
    });
    const label = this.getAttribute("label");
    return { ...Object.fromEntries(numbers), ...(label !== null && { label }) };
  }

  private present(pictures: Pictures, { classNames, name }: WebGenerator<"image">): void {
    this.canvas.width = pictures.width;
    this.canvas.height = pictures.height;
    this.canvas.getContext("2d")!.putImageData(pictures.imageData(), 0, 0);
    const label = classNames?.[pictures.labels?.[0] ?? -1];
    this.canvas.ariaLabel = label === undefined ? `Picture by ${name}` : `${label}, drawn by ${name}`;
    this.show(null);
    this.dispatchEvent(new CustomEvent("draw", { detail: { pictures } }));
  }

  private fail(error: Error): void {
    this.show(error.message);
    this.dispatchEvent(new ErrorEvent("error", { error, message: error.message }));
  }

  private show(problem: string | null): void {
    this.problem.textContent = problem ?? "";
    this.problem.hidden = problem === null;
    this.canvas.hidden = problem !== null;
  }
}

if (typeof customElements !== "undefined" && !customElements.get("few-step"))
  customElements.define("few-step", FewStepElement);

declare global {
  interface HTMLElementTagNameMap {
    "few-step": FewStepElement;
  }
}
