import { expect, test } from "vitest";
import { latest } from "../../src/web/latest.js";
import { Queue } from "../../src/web/queue.js";

/** Work that ends when it is told to. */
function held<T>(value: T) {
  let end: () => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    end = () => resolve(value);
  });
  return { promise, end: () => end() };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a queue does one thing after the other, and goes on after an error", async () => {
  const queue = new Queue();
  const begun: number[] = [];
  const works = [held(1), held(2), held(3)];
  const results = works.map(({ promise }, i) =>
    queue.run(async () => {
      begun.push(i);
      if (i === 0) throw new Error("the first fails");
      return promise;
    }),
  );
  await expect(results[0]).rejects.toThrow("the first fails");
  await turn();
  expect(begun).toEqual([0, 1]);
  works[1].end();
  expect(await results[1]).toBe(2);
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  works[2].end();
  expect(await results[2]).toBe(3);
});

test("what waits can be called off, and never begins", async () => {
  const queue = new Queue();
  const first = held("first");
  const begun: string[] = [];
  const controller = new AbortController();
  const a = queue.run(() => first.promise);
  const b = queue.run(async () => begun.push("b"), controller.signal);
  const c = queue.run(async () => begun.push("c"));
  controller.abort(new Error("called off"));
  await expect(b).rejects.toThrow("called off");
  first.end();
  await Promise.all([a, c]);
  expect(begun).toEqual(["c"]);
  await expect(queue.run(async () => begun.push("d"), controller.signal)).rejects.toThrow("called off");
  expect(begun).toEqual(["c"]);
});

test("latest: one call runs at a time, and of those that come meanwhile the newest", async () => {
  const works = [held("a"), held("b")];
  const asked: number[] = [];
  const draw = latest((seed: number) => {
    asked.push(seed);
    return works[asked.length - 1].promise;
  });
  const calls = [1, 2, 3, 4].map((seed) => draw(seed));
  await turn();
  expect(asked).toEqual([1]);
  works[0].end();
  expect(await calls[0]).toBe("a");
  expect(await Promise.all([calls[1], calls[2]])).toEqual([undefined, undefined]);
  await turn();
  expect(asked).toEqual([1, 4]);
  works[1].end();
  expect(await calls[3]).toBe("b");
});

test("latest: an error is that call's own", async () => {
  const draw = latest(async (seed: number) => {
    if (seed === 1) throw new Error("one");
    return seed;
  });
  const [one, two] = [draw(1), draw(2)];
  await expect(one).rejects.toThrow("one");
  expect(await two).toBe(2);
  expect(await draw(3)).toBe(3);
});
