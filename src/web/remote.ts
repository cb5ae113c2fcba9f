import { requireKnown } from "../io/known.js";
import type { ModelBlobs } from "../models/files.js";
import type { SampleOptions } from "../models/generator.js";
import { type Control, converse, type Other } from "./conversation.js";
import {
  type AnyWebGenerator,
  CONTEXT,
  type CreateOptions,
  type DrawContext,
  type DrawnStep,
  type EditPictures,
  type GeneratorInfo,
} from "./generator.js";
import type { CallName } from "./messages.js";
import { Pictures, toImages } from "./pictures.js";
import { openSession } from "./sessions.js";
import { pack } from "./wire.js";

/** A generator in another thread, where `serve` answers. @throws as `openGenerator` does */
export async function remoteGenerator(
  other: Other,
  source: string | ModelBlobs,
  { kind, device, threads, cache, weights, signal, onProgress }: CreateOptions,
  wasmFolder: string | undefined,
): Promise<AnyWebGenerator> {
  const talk = converse(other);
  const { ask } = talk;
  const opened = ask(
    { type: "open", source, options: { kind, device, threads, cache, weights } as CreateOptions, wasmFolder },
    { signal, onProgress },
  );
  const info = (await opened.catch((error) => {
    talk.end();
    throw error;
  })) as GeneratorInfo;

  /** What crosses of a context, and what stays here. */
  function split(context: DrawContext = {}): { crossing: object; control: Control } {
    requireKnown(info.name, context, CONTEXT);
    const { signal, onProgress, ...crossing } = context;
    return { crossing: pack(crossing) as object, control: { signal, onProgress } };
  }
  const call = (name: CallName, ...args: unknown[]) => ask({ type: "call", name, args: args.map(pack), context: null });
  async function work(name: CallName, args: unknown[], context?: DrawContext): Promise<unknown> {
    const { crossing, control } = split(context);
    return ask({ type: "call", name, args: args.map(pack), context: crossing }, control);
  }

  const generator = {
    ...info,
    worker: true,
    cost: (options?: object) => call("cost", options),
    noise: (options?: object) => call("noise", options),
    tokens: (text: string) => call("tokens", text),
    sample: (options?: object, context?: DrawContext) => work("sample", [options], context),
    async *stream(options?: SampleOptions, context?: DrawContext) {
      const { crossing, control } = split(context);
      const stream = talk.next();
      await ask({ type: "stream", options: pack(options) as SampleOptions, context: crossing }, control, stream);
      try {
        for (;;) {
          const step = await ask({ type: "next", stream }, { signal: control.signal });
          if (step === null) return;
          yield step as DrawnStep;
        }
      } finally {
        talk.unhear(stream);
        if (!talk.over) await ask({ type: "leave", stream }).catch(() => undefined);
      }
    },
    async edit(name: string, { pictures, ...rest }: EditPictures, options?: object, context?: DrawContext) {
      const images = pictures && info.image && new Pictures(toImages(pictures, info.image.channels));
      return work("edit", [name, { ...rest, ...(images && { pictures: images }) }, options], context);
    },
    open: (options?: SampleOptions) => openSession(info.kind, (...asked) => call("session", ...asked), options),
    async dispose() {
      talk.end(new DOMException(`${info.name} has been disposed of.`, "AbortError"));
    },
  };
  return generator as unknown as AnyWebGenerator;
}
