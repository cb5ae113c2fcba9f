import { requireKnown } from "../io/known.js";
import { OptionError } from "../io/wrong-use.js";
import type { ModelBlobs } from "../models/files.js";
import type { SampleOptions } from "../models/generator.js";
import { anySignal, orAborted } from "./abort.js";
import { packError, unpackError } from "./errors.js";
import {
  type AnyWebGenerator,
  CONTEXT,
  type CreateOptions,
  type DrawContext,
  type DrawnStep,
  type EditPictures,
  type GeneratorInfo,
} from "./generator.js";
import type { AbortRequest, Answer, CallName, Channel, Request } from "./messages.js";
import { Pictures, toImages } from "./pictures.js";
import { openSession } from "./sessions.js";
import { pack, unpack } from "./wire.js";

/** Another thread that answers: how it is talked to, and how it ends. */
export interface Other {
  readonly channel: Channel;
  /** Aborts, with an error, where the other thread has failed. */
  readonly failed: AbortSignal;
  end(): void;
}

type Body<R> = R extends unknown ? Omit<R, "id" | "heard"> : never;
type Listener = (...progress: never[]) => void;
interface Control {
  signal?: AbortSignal | undefined;
  onProgress?: Listener | undefined;
}

/** A generator in another thread, where `serve` answers. @throws as `openGenerator` does */
export async function remoteGenerator(
  { channel, failed, end }: Other,
  source: string | ModelBlobs,
  { kind, device, threads, cache, signal, onProgress }: CreateOptions,
  wasmFolder: string | undefined,
): Promise<AnyWebGenerator> {
  const life = new AbortController();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const listeners = new Map<number, Listener>();
  let last = 0;
  channel.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    const { id, value, error, progress } = data;
    if (progress) return listeners.get(id)?.(...(progress as never[]));
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error) asked?.reject(unpackError(error));
    else asked?.resolve(unpack(value));
  });
  const post = (message: Request | AbortRequest) => {
    try {
      channel.postMessage(message, []);
    } catch (error) {
      throw new OptionError(`Options and contexts are plain values and arrays: ${(error as Error).message}`);
    }
  };

  /** Asks. An abort rejects at once, whatever the other thread is doing. */
  async function ask(body: Body<Request>, { signal, onProgress }: Control = {}, id = ++last): Promise<unknown> {
    const stop = () => post({ type: "abort", id, reason: packError(signal?.reason) });
    if (onProgress) listeners.set(id, onProgress);
    try {
      return await orAborted(anySignal(signal, life.signal, failed), () => {
        const answer = new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));
        post({ ...body, id, heard: onProgress !== undefined } as Request);
        signal?.addEventListener("abort", stop, { once: true });
        return answer;
      });
    } finally {
      signal?.removeEventListener("abort", stop);
      if (body.type !== "stream") listeners.delete(id);
    }
  }

  const opened = ask(
    { type: "open", source, options: { kind, device, threads, cache } as CreateOptions, wasmFolder },
    { signal, onProgress },
  );
  const info = (await opened.catch((error) => {
    end();
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
      const stream = ++last;
      await ask({ type: "stream", options: pack(options) as SampleOptions, context: crossing }, control, stream);
      try {
        for (;;) {
          const step = await ask({ type: "next", stream }, { signal: control.signal });
          if (step === null) return;
          yield step as DrawnStep;
        }
      } finally {
        listeners.delete(stream);
        if (!life.signal.aborted) await ask({ type: "leave", stream }).catch(() => undefined);
      }
    },
    async edit(name: string, { pictures, ...rest }: EditPictures, options?: object, context?: DrawContext) {
      const images = pictures && info.image && new Pictures(toImages(pictures, info.image.channels));
      return work("edit", [name, { ...rest, ...(images && { pictures: images }) }, options], context);
    },
    open: (options?: SampleOptions) => openSession(info.kind, (...asked) => call("session", ...asked), options),
    async dispose() {
      life.abort(new DOMException(`${info.name} has been disposed of.`, "AbortError"));
      end();
    },
  };
  return generator as unknown as AnyWebGenerator;
}
