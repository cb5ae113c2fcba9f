import { expect, test } from "vitest";
import { conversations, makeConversations } from "../../src/data/dialogue/conversations.js";
import { type ProgressReport, resolveData } from "../../src/data/index.js";
import { locomotion, makeLocomotion } from "../../src/data/motion/locomotion/index.js";

/** The reports until `most` of them, at which the work is stopped, by an event of its own. */
async function stoppedAfter(most: number, id: string): Promise<ProgressReport[]> {
  const reports: ProgressReport[] = [];
  const stop = new AbortController();
  const onProgress = (report: ProgressReport) => {
    reports.push(report);
    if (reports.length === most) setImmediate(() => stop.abort());
  };
  await expect(resolveData(id, { signal: stop.signal, onProgress })).rejects.toMatchObject({ name: "AbortError" });
  return reports;
}

test.each([
  ["conversations", 480, "dialogues"],
  ["locomotion", 3300, "motions"],
])("%s say how far they are made, and are stopped by an event in between", async (id, total, unit) => {
  const reports = await stoppedAfter(2, id);
  expect(reports.slice(0, 2)).toEqual([1, 2].map((done) => ({ task: expect.any(String), done, total, unit })));
  expect(reports.length).toBeLessThan(5);
});

test("in turns the same is made as at once, each in its split", async () => {
  const talks = { dyads: 2, test: 1, seconds: 2 };
  expect(await makeConversations(talks)).toEqual(conversations(talks));
  const motions = { clips: 3, test: 2 };
  expect(await makeLocomotion(motions)).toEqual(locomotion(motions));
});
