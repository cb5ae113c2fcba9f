import type { z } from "zod";
import type { DialogueDataset, ImageDataset, SceneDataset, TextDataset } from "../data/index.js";
import type { MotionDataset } from "../data/motion-dataset.js";
import { WrongUse } from "../io/wrong-use.js";
import type { Parameterized } from "../nn/index.js";
import type { CompileOptions } from "../runtime/index.js";
import type { RunResult, TrainOptions } from "../train/index.js";
import { parseSettings, SettingsError } from "../train/settings.js";
import type { Architecture, Described } from "./architecture.js";
import type { EditInfo } from "./edits.js";
import type { AnyGenerator, Kind } from "./generator.js";

export type Dataset = ImageDataset | TextDataset | MotionDataset | DialogueDataset | SceneDataset;
type Train<D, Settings> = (dataset: D, settings: Settings, options: TrainOptions) => Promise<RunResult>;

/** Everything that the command line, `loadModel` and forms know of a method. */
export interface MethodEntry<Settings extends object, Shape, Net extends Parameterized, D extends Dataset> {
  summary: string;
  /** Kinds of data that it learns from. */
  learnsFrom: readonly D["kind"][];
  /** How its models are rebuilt from what a file keeps of them. */
  architecture: Architecture<Shape, Net>;
  /** What a run is asked for. */
  settings: z.ZodType<Settings>;
  presets: Readonly<Record<string, Settings>>;
  /** What the sides of images must be multiples of; default 1. */
  sideStep?(settings: Settings): number;
  /**
   * The setting that says how many steps the stage has that ends a run, such as `training.steps`: there a finished model
   * can be trained on. Default: it cannot. @throws WrongUse where models of these settings cannot
   */
  lastSteps?(settings: Settings): string;
  /** Whether its networks are made of `nn.block`s, which gradient checkpointing computes again; default not. */
  blocks?(settings: Settings): boolean;
  /**
   * Settings, or groups of them, that have no effect beside the others, as what they are for is left out. `continued`: a
   * finished run is trained on, whose stages but the last are taken as they are. Default: none.
   */
  idle?(settings: Settings, continued: boolean): readonly string[];
  /** Settings fitted to a data set; default as they are. */
  fit?(settings: Settings, dataset: D): Settings;
  /**
   * What samples can be asked for at most, by the kind of what is drawn; a loaded model's own `options` leave out what
   * it cannot.
   */
  options?: Partial<Record<Kind, z.ZodObject>>;
  /** What its models can do to pictures at most, by name; a loaded model's own `edits` do it. */
  edits?: Readonly<Record<string, EditInfo>>;
  /** Its models answer questions about pictures, and draw nothing. */
  answers?: true;
  /** A model around a network with its weights. Absent for what judges samples, or answers, and draws nothing. */
  load?(described: Described<Shape, Net>, options: CompileOptions): AnyGenerator | Promise<AnyGenerator>;
  /** Loads the training, which browsers never need. */
  train(): Promise<Train<D, Settings>>;
}

/** A method with its own types inside. */
export interface Method {
  readonly summary: string;
  readonly learnsFrom: readonly Dataset["kind"][];
  readonly architecture: Architecture;
  /** What a run is asked for. */
  readonly schema: z.ZodType;
  readonly presets: Readonly<Record<string, object>>;
  readonly options: Partial<Record<Kind, z.ZodObject>>;
  readonly edits: Readonly<Record<string, EditInfo>>;
  /** The settings of a preset, fitted to a data set. @throws where there is no such preset. */
  settings(preset: string, dataset: Dataset): object;
  /** Whether its models answer questions about pictures. */
  readonly answers: boolean;
  /** Null for what draws nothing. */
  readonly load: ((described: Described, options: CompileOptions) => AnyGenerator | Promise<AnyGenerator>) | null;
  /** @throws SettingsError where the settings are none. */
  check(settings: unknown): void;
  /** The setting of the last stage's steps; null where the method's models cannot be trained on. @throws WrongUse, SettingsError */
  lastSteps(settings: unknown): string | null;
  /** Whether gradient checkpointing has something to compute again. @throws SettingsError */
  blocks(settings: unknown): boolean;
  /** Settings, or groups of them, that have no effect beside the others, such as `autoencoder.lr`. @throws SettingsError */
  idle(settings: unknown, continued?: boolean): readonly string[];
  /** Trains on a data set. @throws where the data are of another kind, or the settings are none. */
  train(dataset: Dataset, settings: unknown, options: TrainOptions): Promise<RunResult>;
}

/** Refuses images whose sides do not fit, and says which would. */
function requireSides({ height, width }: Pick<ImageDataset, "height" | "width">, step: number): void {
  const odd = [height, width].find((side) => side % step !== 0);
  if (odd === undefined) return;
  const below = Math.floor(odd / step) * step;
  const near = [...(below > 0 ? [below] : []), below + step].join(" or ");
  throw new SettingsError(
    `The pictures are ${width}×${height}, and with these settings sides must be multiples of ${step}: take --size ${near} (size).`,
  );
}

/** Makes a method of its entry. */
export function method<Settings extends object, Shape, Net extends Parameterized, D extends Dataset>(
  entry: MethodEntry<Settings, Shape, Net, D>,
): Method {
  const {
    summary,
    learnsFrom,
    presets,
    architecture,
    options = {},
    edits = {},
    load,
    fit = (settings) => settings,
  } = entry;
  const learns = (dataset: Dataset): dataset is D => learnsFrom.some((kind) => kind === dataset.kind);
  function data(dataset: Dataset): D {
    if (learns(dataset)) return dataset;
    throw new WrongUse(`"${dataset.id}" is ${dataset.kind}; this method learns from ${learnsFrom.join(" or ")}.`);
  }
  return {
    summary,
    learnsFrom,
    architecture,
    schema: entry.settings,
    presets,
    options,
    edits,
    answers: entry.answers ?? false,
    settings(preset, dataset) {
      if (!Object.hasOwn(presets, preset))
        throw new WrongUse(`There is no preset "${preset}"; choose one of ${Object.keys(presets).join(", ")}.`);
      return fit(presets[preset], data(dataset));
    },
    load: load ? (described, options) => load(described as Described<Shape, Net>, options) : null,
    check(settings) {
      parseSettings(entry.settings, settings);
    },
    lastSteps: (settings) => entry.lastSteps?.(parseSettings(entry.settings, settings)) ?? null,
    blocks: (settings) => entry.blocks?.(parseSettings(entry.settings, settings)) ?? false,
    idle: (settings, continued = false) => entry.idle?.(parseSettings(entry.settings, settings), continued) ?? [],
    async train(dataset, settings, options) {
      const parsed = parseSettings(entry.settings, settings);
      if (dataset.kind === "images") requireSides(dataset, entry.sideStep?.(parsed) ?? 1);
      const run = await entry.train();
      return run(data(dataset), parsed, options);
    },
  };
}
