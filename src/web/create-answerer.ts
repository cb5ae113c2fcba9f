import { requireKnown } from "../io/known.js";
import type { ModelBlobs } from "../models/location.js";
import {
  type AnswererInfo,
  type AnswererOptions,
  ASK_CONTEXT,
  type AskContext,
  type AskedAnswer,
  type AskOptions,
  type WebAnswerer,
} from "./answerer.js";
import { converse, type Other } from "./conversation.js";
import { sayIfSlow } from "./device.js";
import { Pictures, toImages } from "./pictures.js";
import { requireStart, started } from "./start.js";
import { pack } from "./wire.js";

/**
 * Loads a model that answers questions about pictures on a web page, from the URL of its folder or from its files: in a
 * worker of its own, with WebGPU where there is a hardware GPU, else with WebAssembly. Files from a URL are kept in the
 * browser. It holds its worker and its memory until `dispose()`.
 * @throws OptionError, NoSuchModel, FetchError, or what a damaged file is refused with
 */
export async function createAnswerer(source: string | ModelBlobs, options: AnswererOptions = {}): Promise<WebAnswerer> {
  requireStart({ maker: "createAnswerer", what: "An answerer" }, source, options);
  const { place, other, wasmFolder } = await started(source, options);
  const answerer = other
    ? await remoteAnswerer(other, place, options, wasmFolder)
    : await (await import("./local-answerer.js")).openAnswerer(place, options);
  sayIfSlow(answerer, options.threads);
  return answerer;
}

/** A model that answers in another thread, where `serve` does. @throws as `openAnswerer` does */
export async function remoteAnswerer(
  other: Other,
  source: string | ModelBlobs,
  { device, threads, cache, signal, onProgress }: AnswererOptions,
  wasmFolder: string | undefined,
): Promise<WebAnswerer> {
  const talk = converse(other);
  const options = { device, threads, cache } as AnswererOptions;
  const opened = talk.ask({ type: "open", source, answers: true, options, wasmFolder }, { signal, onProgress });
  const info = (await opened.catch((error) => {
    talk.end();
    throw error;
  })) as AnswererInfo;
  return {
    ...info,
    worker: true,
    async ask(picture, question, options?: AskOptions, context?: AskContext) {
      requireKnown(`asking ${info.name}`, context, ASK_CONTEXT);
      const images = new Pictures(toImages(picture, info.image.channels));
      const args = [images, question, options].map(pack);
      const control = { signal: context?.signal, onProgress: context?.onWord };
      return (await talk.ask({ type: "call", name: "ask", args, context: {} }, control)) as AskedAnswer;
    },
    async dispose() {
      talk.end(new DOMException(`${info.name} has been disposed of.`, "AbortError"));
    },
  };
}
