import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { stepBar } from "../../src/cli/step-bar.js";

function shown(terminal: boolean, patience: number): string {
  const still = { cursorTo() {}, moveCursor() {}, clearLine() {}, clearScreenDown() {} };
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 120, ...still });
  const { onStep, stop } = stepBar("duo-text", { stream: stream as unknown as NodeJS.WriteStream, patience });
  for (let step = 1; step <= 40; step++) onStep(step, 40);
  stop();
  return stream.read()?.toString() ?? "";
}

test("a bar of steps, on a terminal, where it takes long", () => {
  expect(shown(true, 0)).toMatch(/duo-text .*░.* 1\/40 steps/);
  expect(shown(true, Number.POSITIVE_INFINITY)).toBe("");
  expect(shown(false, 0)).toBe("");
});
