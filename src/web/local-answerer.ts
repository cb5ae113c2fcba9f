import { requireKnown } from "../io/known.js";
import { OptionError } from "../io/wrong-use.js";
import { VisionLanguageModel } from "../methods/vision-language/model.js";
import type { AnswerWord } from "../models/answerer.js";
import { imageSize, type ModelSource } from "../models/files.js";
import { optionInfos } from "../models/options.js";
import { resolveRuntime } from "../runtime/index.js";
import { threadsInUse } from "../runtime/session.js";
import { anySignal, orAborted } from "./abort.js";
import { type AnswererInfo, type AnswererOptions, ASK_CONTEXT, ASK_OPTIONS, type WebAnswerer } from "./answerer.js";
import { cachedPlace } from "./cache.js";
import { defaultThreads, lossWatch } from "./device.js";
import { DeviceLost } from "./errors.js";
import { toImages } from "./pictures.js";
import { Queue } from "./queue.js";

/** Loads a model that answers into this thread. @throws as `VisionLanguageModel.load` does */
export async function openAnswerer(source: ModelSource, options: AnswererOptions = {}): Promise<WebAnswerer> {
  const { device = "auto", signal, onProgress, cache = true } = options;
  const threads = defaultThreads(options.threads);
  const kept = typeof source === "string" && cache ? await cachedPlace(source, { signal, onProgress }) : null;
  const model = await VisionLanguageModel.load(kept?.place ?? source, {
    ...{ device, threads, signal, worker: false },
    ...(typeof source === "string" && !kept && { onProgress }),
  });
  await kept?.keep();
  const runtime = await resolveRuntime(device);
  signal?.throwIfAborted();
  const loss = new AbortController();
  const watch = lossWatch(runtime, (text) => loss.abort(new DeviceLost(text)));
  const place = { device: runtime.device, threads: await threadsInUse(runtime, { threads }) };
  return localAnswerer(model, place, loss.signal, watch);
}

/** What pages use around a loaded model. `lost` aborts where its device is lost, which `watch` looks out for. */
function localAnswerer(
  model: VisionLanguageModel,
  place: Pick<AnswererInfo, "device" | "threads">,
  lost: AbortSignal,
  watch: () => Promise<void>,
): WebAnswerer {
  const { config, words } = model;
  const image = imageSize(config);
  const { count: _, ...options } = optionInfos(model.options);
  const queue = new Queue();
  const life = new AbortController();
  return {
    ...{ kind: "answer", method: config.method, name: config.name, config, image, words, options, ...place },
    worker: false,
    ask(picture, question, options, context = {}) {
      const { signal: given, onWord } = context;
      const signal = anySignal(given, life.signal, lost);
      return queue.run(async () => {
        requireKnown(`asking ${config.name}`, options, ASK_OPTIONS);
        requireKnown(`asking ${config.name}`, context, ASK_CONTEXT);
        const images = toImages(picture, image.channels);
        if (images.count !== 1) throw new OptionError(`A question is about one picture, got ${images.count}.`);
        const start = performance.now();
        const telling = onWord && {
          onWord: ({ word, probability }: AnswerWord) =>
            onWord({ text: word, probability, ms: performance.now() - start }),
        };
        const [[answer]] = await orAborted(lost, () =>
          model.answer({ ...options, images, questions: [question] }, { signal, ...telling }),
        );
        const ms = performance.now() - start;
        await watch();
        return { ...answer, ms };
      }, signal);
    },
    async dispose() {
      life.abort(new DOMException(`${config.name} has been disposed of.`, "AbortError"));
      await orAborted(lost, () => model.release()).catch(() => undefined);
    },
  };
}
