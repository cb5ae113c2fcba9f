import type { Compute } from "fewstep/core";
import { Loop, type LoopState } from "./loop.js";
import { PointsLearner, type PointsReport, type PointsSettings } from "./points.js";
import type { Port } from "./port.js";

/** What a page asks of the worker. `set` changes the flow's Euler steps while it trains, or is paused. */
export type PointsRequest =
  | ({ type: "start" } & PointsSettings & { compute?: Compute })
  | { type: "pause" | "resume" | "stop" }
  | { type: "set"; flowSteps: number };

/** What the worker tells: where training stands, about 20 times a second, and what becomes of the loop. */
export type PointsMessage =
  | { type: "report"; report: PointsReport }
  | { type: "state"; state: LoopState; message?: string };

/** Milliseconds between two reports, at least; and the share of the time that they may take. */
const EVERY = 50;
const SHARE = 0.4;

/** Trains points as the messages of a port ask; one start at a time, a further one ends the one before. */
export function servePoints(port: Port<PointsRequest, PointsMessage>): void {
  let learner: PointsLearner | null = null;
  let loop: Loop | null = null;
  const tell = (state: LoopState, message?: string) => port.postMessage({ type: "state", state, message });

  async function report(): Promise<void> {
    const report = await learner!.report();
    const { drifting, flow, paths, field } = report;
    port.postMessage(
      { type: "report", report },
      [drifting, flow, paths, field].map(({ buffer }) => buffer as ArrayBuffer),
    );
  }

  function start({ compute = { device: "wasm", threads: 1 }, ...settings }: PointsSettings & { compute?: Compute }) {
    const made = new PointsLearner(settings, compute);
    learner = made;
    let due = 0;
    loop = new Loop(
      {
        async advance() {
          await made.train();
          const before = performance.now();
          if (before < due) return true;
          await report();
          const now = performance.now();
          due = now + Math.max(EVERY, (now - before) / SHARE - (now - before));
          return true;
        },
        release: () => made.release(),
      },
      tell,
    );
    loop.resume();
  }

  async function act(request: PointsRequest): Promise<void> {
    if (request.type === "start") {
      const { type: _, ...settings } = request;
      await loop?.stop();
      start(settings);
    } else if (!loop || !learner) throw new Error(`Nothing is trained that could ${request.type}; start first.`);
    else if (request.type === "resume") loop.resume();
    else if (request.type === "set") {
      const { training } = loop;
      await loop.pause();
      learner.flowSteps = request.flowSteps;
      await report();
      if (training) loop.resume();
    } else {
      await loop[request.type]();
      if (request.type === "stop") loop = learner = null;
    }
  }

  // One after the other: a pause ends with the step in hand
  let last = Promise.resolve();
  port.onmessage = ({ data }) => {
    last = last.then(() => act(data)).catch((error: Error) => tell("failed", error.message));
  };
}
