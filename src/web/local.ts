import { tokenPieces } from "../data/tokens/pieces.js";
import { requireKnown, unknownOption } from "../io/known.js";
import { OptionError } from "../io/wrong-use.js";
import { loadModel } from "../methods/load.js";
import { drawingWeights, type ModelSource } from "../models/files.js";
import type { AnyGenerator, Kind, Output, SampleContext, SampleOptions, Step } from "../models/generator.js";
import { resolveRuntime } from "../runtime/index.js";
import { threadsInUse } from "../runtime/session.js";
import { anySignal, orAborted } from "./abort.js";
import { cachedPlace } from "./cache.js";
import { defaultThreads, lossWatch } from "./device.js";
import { DeviceLost } from "./errors.js";
import {
  type AnyWebGenerator,
  CONTEXT,
  type CreateOptions,
  type DrawContext,
  type Drawn,
  type DrawnStep,
  type EditPictures,
  type GeneratorInfo,
} from "./generator.js";
import { describeGenerator } from "./info.js";
import type { SessionAction } from "./numbered.js";
import { Pictures, toImages } from "./pictures.js";
import { Queue } from "./queue.js";
import { openSession, sessionsOf } from "./sessions.js";

/** Stands for a token that is masked yet. */
const BLANK = "_";

/** Loads a generator into this thread. @throws as `loadModel` does */
export async function openGenerator(source: ModelSource, options: CreateOptions = {}): Promise<AnyWebGenerator> {
  const { kind, device = "auto", signal, onProgress, cache = true } = options;
  const threads = defaultThreads(options.threads);
  const { weights } = drawingWeights(source, options);
  const kept = typeof source === "string" && cache ? await cachedPlace(source, { signal, onProgress }) : null;
  const model = await loadModel(kept?.place ?? source, {
    ...{ device, threads, signal, worker: false },
    ...(typeof source === "string" && !kept && { onProgress }),
    ...(kind && { kind }),
    ...(weights && { weights }),
  });
  await kept?.keep();
  const runtime = await resolveRuntime(device);
  signal?.throwIfAborted();
  const info = describeGenerator(model, { device: runtime.device, threads: await threadsInUse(runtime, { threads }) });
  const loss = new AbortController();
  const watch = lossWatch(runtime, (text) => loss.abort(new DeviceLost(text)));
  return localGenerator(model, info, loss.signal, watch);
}

/** The given of a context in a model's words. */
function modelContext(
  { onProgress, ...context }: DrawContext,
  owner: string,
  signal: AbortSignal,
): SampleContext & { signal: AbortSignal } {
  requireKnown(owner, { onProgress, ...context }, CONTEXT);
  const given = Object.entries({ ...context, onStep: onProgress }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(given), signal };
}

/** What pages use around a loaded model. `lost` aborts where its device is lost, which `watch` looks out for. */
function localGenerator(
  model: AnyGenerator,
  info: GeneratorInfo,
  lost: AbortSignal,
  watch: () => Promise<void>,
): AnyWebGenerator {
  const { name } = info;
  const queue = new Queue();
  const sessions = sessionsOf(model);
  const life = new AbortController();
  const during = (given?: AbortSignal) => anySignal(given, life.signal, lost);

  /** Waits for its turn and works, unless it is called off or the device is lost. */
  const take = <T>(work: (signal: AbortSignal) => Promise<T>, given?: AbortSignal): Promise<T> => {
    const signal = during(given);
    return queue.run(async () => {
      const value = await orAborted(lost, () => work(signal));
      await watch();
      return value;
    }, signal);
  };

  const drawn = (output: Output): Drawn[Kind] => {
    if (output.kind === "image") return new Pictures(output);
    if (output.kind === "motion") return { clips: output.clips, prompts: output.prompts };
    if (output.kind === "gesture") return { dialogues: output.dialogues };
    const { tokenizer } = model as Extract<AnyGenerator, { kind: "text" }>;
    const tokens = output.tokens!;
    const length = tokens.length / output.count;
    const pieces = Array.from({ length: output.count }, (_, n) =>
      tokenPieces(tokens.subarray(n * length, (n + 1) * length), tokenizer, BLANK),
    );
    return { strings: output.strings, pieces, tokens };
  };

  async function nextStep(steps: AsyncGenerator<Step, void, void>): Promise<DrawnStep | null> {
    const next = await steps.next();
    if (next.done) return null;
    const { step, steps: all, evaluations, first, detail } = next.value;
    const output = await next.value.output();
    const length = output.kind === "image" ? output.pixels.length : output.kind === "text" ? output.tokens!.length : 0;
    const changes = (detail as { changes?: Uint8Array } | undefined)?.changes?.slice(0, length);
    return { step, steps: all, evaluations, first, output: drawn(output), ...(changes && { changes }) };
  }

  const generator = {
    ...info,
    worker: false,
    cost: async (options?: SampleOptions) => model.cost(options),
    sample: (options?: SampleOptions, context: DrawContext = {}) =>
      take(async (signal) => drawn(await model.sample(options, modelContext(context, name, signal))), context.signal),
    async *stream(options?: SampleOptions, context: DrawContext = {}) {
      const signal = during(context.signal);
      const steps = model.stream(options, modelContext(context, name, signal)) as AsyncGenerator<Step, void, void>;
      try {
        for (
          let step = await take(() => nextStep(steps), signal);
          step;
          step = await take(() => nextStep(steps), signal)
        )
          yield step;
      } finally {
        if (!lost.aborted) await steps.return();
      }
    },
    noise: async (options?: SampleOptions) => model.drawNoise(options),
    edit: (
      verb: string,
      { pictures, mask, ...rest }: EditPictures,
      options?: object,
      { signal: given, onProgress }: DrawContext = {},
    ) =>
      take(async (signal) => {
        requireKnown(`${name}'s ${verb}`, rest, ["pictures", "mask"]);
        const edit = Object.hasOwn(info.edits, verb) && model.kind === "image" ? model.edits![verb] : null;
        if (!edit) {
          const verbs = Object.keys(info.edits);
          if (verbs.length === 0) throw new OptionError(`${name} does not edit pictures.`);
          throw unknownOption(name, verb, verbs);
        }
        const input = {
          ...(pictures !== undefined && { pictures: toImages(pictures, info.image!.channels) }),
          ...(mask !== undefined && { mask }),
        };
        const edited = await edit.run(input, options, { signal, ...(onProgress && { onProgress }) });
        return new Pictures(edited as Pictures["images"]);
      }, given),
    tokens: async (text: string) => {
      if (model.kind !== "text") throw new OptionError(`${name} draws pictures, which have no tokens of text.`);
      return model.tokenizer.encode(text);
    },
    session: (action: SessionAction, session: number, value?: unknown) =>
      take(async () => {
        if (!sessions)
          throw new OptionError(`${name} draws neither motions nor gestures, so nothing of it goes on for ever.`);
        return sessions.ask(action, session, value);
      }),
    open: (options?: SampleOptions) => openSession(model.kind, (...asked) => generator.session(...asked), options),
    async dispose() {
      life.abort(new DOMException(`${name} has been disposed of.`, "AbortError"));
      await orAborted(lost, () => model.release()).catch(() => undefined);
    },
  };
  return generator as unknown as AnyWebGenerator;
}
