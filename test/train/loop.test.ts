import { expect, test } from "vitest";
import { type Keeper, trainStages } from "../../src/train/loop.js";
import type { ProgressEvent, Stage } from "../../src/train/stage.js";

/** A stage whose state is one number that every step raises by one. */
function counting(name: string, steps: number, loss = (k: number) => 1 / (k + 1)) {
  const counter = { value: 0 };
  const stage: Stage = {
    name,
    steps,
    batch: 1,
    state: { counter: { state: () => counter.value, load: (value: number) => void (counter.value = value) } },
    async step(k) {
      counter.value++;
      return { loss: loss(k) };
    },
  };
  return { stage, counter };
}

/** Keeps in memory, and writes down what it is asked. */
function keeping() {
  const kept = new Map<string, { state: any; position: any; end: boolean }>();
  const calls: string[] = [];
  const stateOf = ({ state }: Stage) => state.counter as any;
  const keeper: Keeper = {
    async restore(stage) {
      const found = kept.get(stage.name);
      if (!found) return null;
      stateOf(stage).load(found.state);
      return found;
    },
    async open({ name }, number, { step }) {
      calls.push(`open ${name} ${number} at ${step}`);
    },
    async save(stage, position, end) {
      kept.set(stage.name, { state: stateOf(stage).state(), position, end });
      calls.push(`save ${stage.name} at ${position.stageStep}${end ? ", its end" : ""}`);
    },
    log: async ({ step }) => void calls.push(`step ${step}`),
    advice: () => "Do something else.",
  };
  return { keeper, calls, kept };
}

test("stages follow each other; each step is told, each end is kept", async () => {
  const { keeper, calls } = keeping();
  const { status, position, metrics } = await trainStages(
    [counting("a", 2).stage, () => counting("b", 1).stage],
    keeper,
  );
  expect({ status, ...position, seconds: 0 }).toEqual({
    status: "finished",
    stage: "b",
    stageStep: 1,
    step: 3,
    seconds: 0,
  });
  expect(metrics).toEqual({ loss: 1 });
  expect(calls).toEqual([
    ...["open a 1 at 0", "step 1", "step 2", "save a at 2, its end"],
    ...["open b 2 at 2", "step 3", "save b at 1, its end"],
  ]);
});

test("an interrupted run goes on where it was kept, and opens no stage that is finished", async () => {
  const { keeper, calls } = keeping();
  const end = new AbortController();
  const onProgress = (event: ProgressEvent) => event.type === "step" && event.step === 3 && end.abort();
  const stages = () => [counting("a", 2), counting("b", 3)];
  const first = stages();
  const { status, position } = await trainStages(
    first.map(({ stage }) => stage),
    keeper,
    { signal: end.signal, onProgress },
  );
  expect([status, position.stage, position.stageStep]).toEqual(["interrupted", "b", 1]);
  calls.length = 0;
  const second = stages();
  const result = await trainStages(
    second.map(({ stage }) => stage),
    keeper,
  );
  expect([result.status, result.position.step]).toEqual(["finished", 5]);
  expect(second.map(({ counter }) => counter.value)).toEqual([2, 3]);
  expect(calls).toEqual(["open b 2 at 3", "step 4", "step 5", "save b at 3, its end"]);
});

test("it keeps at intervals, and a loss that is no number ends it with the keeper's advice", async () => {
  const { keeper, calls } = keeping();
  const { stage } = counting("a", 9, (k) => (k === 4 ? Number.NaN : 1));
  await expect(trainStages([stage], keeper, { checkpointEvery: 2 })).rejects.toThrow(
    'The loss is NaN at step 5 of the stage "a" (step 5 of the run). Do something else.',
  );
  expect(calls.filter((call) => call.startsWith("save"))).toEqual(["save a at 2", "save a at 4"]);
});
