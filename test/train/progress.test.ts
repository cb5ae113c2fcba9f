import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { formatDuration, type ProgressEvent, terminalProgress } from "../../src/train/index.js";

function show(events: ProgressEvent[], terminal: boolean): string {
  const stream = Object.assign(new PassThrough(), {
    isTTY: terminal,
    columns: 120,
    cursorTo() {},
    moveCursor() {},
    clearLine() {},
  });
  const onProgress = terminalProgress(stream as unknown as NodeJS.WriteStream);
  for (const event of events) onProgress(event);
  return stream.read()?.toString() ?? "";
}

const step = (stageStep: number): ProgressEvent => ({
  type: "step",
  stage: "joint",
  steps: 100,
  stageStep,
  step: 500 + stageStep,
  metrics: { loss: 1.23456 },
  imagesPerSecond: 6543.21,
  eta: 100 - stageStep,
});
const events: ProgressEvent[] = [
  { type: "stage", stage: "joint", steps: 100, stageStep: 0 },
  ...Array.from({ length: 100 }, (_, i) => step(i + 1)),
  { type: "warning", message: "Careful." },
  { type: "end", status: "finished" },
];

test("without a terminal: the first and the last step, and warnings", () => {
  expect(show(events, false)).toBe(
    "joint 1/100 · loss 1.235 · 6540 samples/s · 1 min 39 s left\njoint 100/100 · loss 1.235 · 6540 samples/s · 0 s left\nCareful.\n",
  );
});

test("on a terminal: a bar with loss, rate and time left, and warnings above it", () => {
  const shown = show(events, true);
  expect(shown).toMatch(/joint .*█+ 100\/100 · loss 1.235 · 6540 samples\/s · 0 s left/);
  expect(shown).toContain("Careful.");
});

test("durations", () => {
  expect([0.4, 59.4, 59.6, 62, 3599, 3723, 7199].map(formatDuration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "1 min 02 s",
    "59 min 59 s",
    "1 h 02 min",
    "2 h 00 min",
  ]);
});
