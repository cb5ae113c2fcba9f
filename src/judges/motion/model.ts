import { show } from "../../io/show.js";
import { loadedNetwork } from "../../models/architecture.js";
import { type LoadOptions, type ModelConfig, type ModelFiles, NoSuchModel, readModel } from "../../models/files.js";
import { graph, Programs } from "../../models/programs.js";
import type { Clip } from "../../motion/index.js";
import { type CompileOptions, Releasable } from "../../runtime/index.js";
import { motionJudgeArchitecture } from "./network.js";
import { JUDGED, type MotionJudgeShape } from "./shape.js";
import { judgedRows, windowAt } from "./windows.js";
import { encodeTexts, NOTHING } from "./words.js";

/** What a judge finds in windows. */
export interface JudgedMotion {
  /** Penultimate activations, [N, features]: for the Fréchet distance. */
  features: Float32Array;
  /** [N, actions]. */
  logits: Float32Array;
  /** Places beside those of texts, [N, embedding], of length 1: for R-precision and MM-Dist. */
  places: Float32Array;
}

interface Context {
  signal?: AbortSignal;
}

/** A trained judge of motion: actions, features, and how near a motion is to a text. */
export class MotionJudge extends Releasable {
  readonly config: ModelFiles["config"];
  readonly shape: MotionJudgeShape;
  private readonly net;
  private readonly programs: Programs;

  constructor(files: Pick<ModelFiles, "config" | "weights">, options: CompileOptions = {}) {
    super();
    this.config = files.config;
    this.programs = new Programs(files.config.name, options);
    const { shape, net } = loadedNetwork(motionJudgeArchitecture, files);
    this.shape = shape;
    this.net = net;
  }

  /** A judge by folder (of a model or a training run), shipped name or URL. */
  static async load(location: string, options?: LoadOptions): Promise<MotionJudge> {
    const choose = ({ method }: ModelConfig) => {
      if (method === "motion-judge") return motionJudgeArchitecture;
      throw new NoSuchModel(`${location} is a ${show(method)} model, not a judge of motion.`);
    };
    return new MotionJudge(await readModel(location, choose, options), options);
  }

  /**
   * The window of a clip that begins at frame `start` as the judge sees it, [frames, 67].
   * @throws RangeError where the clip has another frame rate, or ends before the window.
   */
  windowOf(clip: Clip, start = 0): Float32Array {
    const { fps, frames } = this.shape;
    if (clip.fps !== fps) throw new RangeError(`This judge sees ${fps} frames a second, not ${clip.fps}: resample.`);
    if (!Number.isInteger(start) || start < 0 || start + frames > clip.frames)
      throw new RangeError(`A window of ${frames} frames from ${start} on does not lie within ${clip.frames} frames.`);
    return windowAt(judgedRows(clip), start, frames);
  }

  /** Judges windows of `windowOf`, one after the other, [N, frames, 67]. @throws RangeError for no whole windows. */
  async judge(windows: Float32Array, { signal }: Context = {}): Promise<JudgedMotion> {
    const { frames } = this.shape;
    const count = windows.length / (frames * JUDGED);
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`${windows.length} numbers are no whole windows of ${frames} frames of ${JUDGED} numbers.`);
    const sight = graph({
      inputs: (size: number) => ({ windows: [size, frames, JUDGED] }),
      build: (inputs) => this.net.motion(inputs.windows),
    });
    return this.programs.rows("motion", sight, count, { windows }, { signal });
  }

  /** Places of texts, [N, embedding], of length 1; words that it does not know are read as unknown ones. */
  async read(texts: readonly string[], { signal }: Context = {}): Promise<Float32Array> {
    const { words, length } = this.shape;
    const rows = encodeTexts(texts, words, length);
    const there = Float32Array.from(rows, (row) => Number(row !== NOTHING));
    const reading = graph({
      inputs: (size: number) => ({ rows: { shape: [size, length], dtype: "int32" as const }, there: [size, length] }),
      build: (inputs) => ({ places: this.net.text(inputs.rows, inputs.there) }),
    });
    return (await this.programs.rows("text", reading, texts.length, { rows, there }, { signal })).places;
  }

  release(): Promise<void> {
    return this.programs.release();
  }
}
