import { performance } from "node:perf_hooks";
import cliProgress from "cli-progress";
import { outliveReader } from "../io/streams.js";
import { formatDuration } from "./duration.js";
import type { ProgressEvent } from "./stage.js";

type StepEvent = Extract<ProgressEvent, { type: "step" }>;

/** A stream that text is written to, such as `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
  on(event: "error", listener: () => void): unknown;
}

/**
 * Shows a run on a terminal: one bar per stage with loss, samples/s and the time left. Where `stream` is no terminal,
 * one line about every ten seconds. Pass the result as `onProgress`. The stream's reader may go away without ending the
 * run.
 */
export function terminalProgress(stream: ProgressStream = process.stderr): (event: ProgressEvent) => void {
  outliveReader(stream);
  return stream.isTTY ? bars(stream) : lines(stream);
}

function bars(stream: ProgressStream) {
  const multi = new cliProgress.MultiBar(
    {
      stream: stream as NodeJS.WriteStream,
      format: "{stage} {bar} {value}/{total} · {text}",
      gracefulExit: false,
      hideCursor: false,
      fps: 5,
      emptyOnZero: true,
    },
    cliProgress.Presets.shades_grey,
  );
  let bar: cliProgress.SingleBar | undefined;
  return (event: ProgressEvent) => {
    if (event.type === "stage")
      bar = multi.create(event.steps, event.stageStep, { stage: event.stage, text: "starting" });
    else if (event.type === "step") bar?.update(event.stageStep, { text: describe(event) });
    else if (event.type === "end") {
      multi.update(); // shows what was logged last
      multi.stop();
    } else if (event.type === "warning" || event.type === "info") multi.log(`${event.message}\n`);
  };
}

function lines(stream: ProgressStream) {
  let written = Number.NEGATIVE_INFINITY;
  return (event: ProgressEvent) => {
    if (event.type === "warning" || event.type === "info") stream.write(`${event.message}\n`);
    if (event.type !== "step") return;
    const now = performance.now();
    if (now - written < 10_000 && event.stageStep < event.steps) return;
    written = now;
    stream.write(`${event.stage} ${event.stageStep}/${event.steps} · ${describe(event)}\n`);
  };
}

function describe({ metrics, imagesPerSecond, eta }: StepEvent): string {
  const loss = metrics.loss === undefined ? "" : `loss ${metrics.loss.toPrecision(4)} · `;
  return `${loss}${Number(imagesPerSecond.toPrecision(3))} samples/s · ${formatDuration(eta)} left`;
}
