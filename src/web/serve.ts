import { setWasmFolder } from "../runtime/index.js";
import type { AskContext, WebAnswerer } from "./answerer.js";
import { packError, unpackError } from "./errors.js";
import type { AnyWebGenerator, DrawnStep } from "./generator.js";
import { openGenerator } from "./local.js";
import { openAnswerer } from "./local-answerer.js";
import type { AbortRequest, Answer, Channel, Request } from "./messages.js";
import { buffersOf, pack, unpack } from "./wire.js";

/** Words cross as any progress does. */
const asking = (answerer: WebAnswerer): WebAnswerer => ({
  ...answerer,
  ask: (picture, question, options, { signal, onProgress }: AskContext & { onProgress?: AskContext["onWord"] } = {}) =>
    answerer.ask(picture, question, options, { signal, ...(onProgress && { onWord: onProgress }) }),
});

/** Answers the requests of a page with a generator, or a model that answers questions, in this thread. */
export function serve(channel: Channel): void {
  const running = new Map<number, AbortController>();
  const streams = new Map<number, AsyncGenerator<DrawnStep, void, void>>();
  let generator: AnyWebGenerator | undefined;
  let answerer: WebAnswerer | undefined;
  const post = (answer: Answer) => channel.postMessage(answer, buffersOf(answer.value));

  /** The signal of a request, and its listener if the page has one. */
  function control({ id, heard }: Request) {
    const controller = new AbortController();
    running.set(id, controller);
    return {
      signal: controller.signal,
      ...(heard && { onProgress: (...progress: unknown[]) => post({ id, progress }) }),
    };
  }

  async function act(request: Request): Promise<unknown> {
    switch (request.type) {
      case "open": {
        setWasmFolder(request.wasmFolder);
        const options = { ...request.options, ...control(request) };
        if (request.answers) answerer = asking(await openAnswerer(request.source, options));
        else generator = await openGenerator(request.source, options);
        const opened = Object.entries(answerer ?? generator!);
        return Object.fromEntries(opened.filter(([, value]) => typeof value !== "function"));
      }
      case "call": {
        const { name, args, context } = request;
        const given = [...args.map(unpack), ...(context ? [{ ...context, ...control(request) }] : [])];
        return ((answerer ?? generator) as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>)[name](
          ...given,
        );
      }
      case "stream": {
        const { id, options, context } = request;
        streams.set(id, generator!.stream(options, { ...context, ...control(request) }));
        return undefined;
      }
      case "next":
        return (await streams.get(request.stream)!.next()).value ?? null;
      case "leave": {
        running.get(request.stream)?.abort();
        running.delete(request.stream);
        await streams.get(request.stream)!.return();
        streams.delete(request.stream);
      }
    }
  }

  async function answer(request: Request): Promise<void> {
    const { id } = request;
    try {
      post({ id, value: pack(await act(request)) });
    } catch (error) {
      post({ id, error: packError(error) });
    } finally {
      if (request.type !== "stream") running.delete(id);
    }
  }

  channel.addEventListener("message", ({ data }: MessageEvent<Request | AbortRequest>) => {
    if (data.type === "abort") running.get(data.id)?.abort(unpackError(data.reason));
    else void answer(data);
  });
  post({ id: 0 }); // to say that it listens
}
