import type { Compute } from "fewstep/core";
import type { LoopState } from "./loop.js";
import {
  type KeptPictures,
  keptPictures,
  type ModelFolder,
  PicturesLearner,
  type PicturesQuality,
  type PicturesSettings,
  type PicturesShown,
  type PicturesStep,
} from "./pictures.js";
import type { Port } from "./port.js";
import type { Store } from "./store.js";

/**
 * What a page asks of the worker. `resume` goes on after a pause and, where nothing was started, with what is kept from
 * an earlier visit; `stop` leaves what is kept, `forget` deletes it.
 */
export type PicturesRequest =
  | ({ type: "start" } & PicturesSettings & { compute?: Compute })
  | { type: "resume"; compute?: Compute }
  | { type: "pause" | "stop" | "forget" | "export" };

export type PicturesMessage =
  /** The first message: what is kept from an earlier visit, and whether what is trained now outlasts the page. */
  | { type: "kept"; kept: KeptPictures | null; lasting: boolean }
  | { type: "step"; step: PicturesStep }
  | { type: "shown"; shown: PicturesShown }
  | { type: "quality"; quality: PicturesQuality }
  | { type: "model"; folder: ModelFolder }
  | { type: "state"; state: LoopState; message?: string };

/** Trains pictures as the messages of a port ask, and keeps the training in a store. */
export async function servePictures(
  port: Port<PicturesRequest, PicturesMessage>,
  { store, lasting }: { store: Store; lasting: boolean },
): Promise<void> {
  let learner: PicturesLearner | null = null;
  let running: { end: AbortController; done: Promise<void> } | null = null;
  const tell = (state: LoopState, message?: string) => port.postMessage({ type: "state", state, message });
  const failed = (error: Error) => tell("failed", error.message);

  function train(going: PicturesLearner): void {
    const end = new AbortController();
    tell("training");
    const done = going
      .train(end.signal, {
        step: (step) => port.postMessage({ type: "step", step }),
        shown: (shown) => port.postMessage({ type: "shown", shown }, [shown.pixels.buffer as ArrayBuffer]),
        quality: (quality) => port.postMessage({ type: "quality", quality }),
      })
      .then((status) => tell(status === "finished" ? "finished" : "paused"), failed)
      .finally(() => {
        running = null;
      });
    running = { end, done };
  }

  async function pause(): Promise<void> {
    running?.end.abort();
    await running?.done;
  }

  async function stop(): Promise<void> {
    await pause();
    await learner?.release();
    learner = null;
  }

  async function act(request: PicturesRequest): Promise<void> {
    if (request.type === "start") {
      const { type: _, compute, ...settings } = request;
      await stop();
      learner = await PicturesLearner.begin(settings, store, compute);
      train(learner);
    } else if (request.type === "resume") {
      if (running) return;
      if (learner) await learner.again();
      else learner = await PicturesLearner.goOn(store, request.compute);
      train(learner);
    } else if (request.type === "export") {
      if (!learner) throw new Error("Nothing is trained that could be exported; start or resume first.");
      port.postMessage({ type: "model", folder: await learner.export() });
    } else if (request.type === "pause") await pause();
    else {
      await stop();
      if (request.type === "forget") await store.clear();
      tell("stopped");
    }
  }

  // One after the other, but for an export: that finds its own place between two steps
  let last = Promise.resolve();
  port.onmessage = ({ data }) => {
    last = last.then(() => act(data)).catch(failed);
  };
  port.postMessage({ type: "kept", kept: await keptPictures(store), lasting });
}
