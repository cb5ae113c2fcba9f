import type { Context } from "./context.js";
import { Channel } from "./events.js";
import type { DrawnStep } from "./protocol.js";
import type { Asked } from "./requests.js";

export type Steps = AsyncIterable<DrawnStep>;

/**
 * The steps of a request as they are drawn: alone, not in a shared batch. Resolves at the first one, so that what is
 * refused can still be answered with a status. @throws as the scheduler does
 */
export async function stepsOf({ scheduler }: Context, asked: Asked, signal: AbortSignal): Promise<Steps> {
  const steps = new Channel<DrawnStep>();
  const { served: place, options, count } = asked;
  scheduler
    .alone({ type: "stream", place, request: { options } }, { count, signal, onStep: (step) => steps.push(step) })
    .then(
      () => steps.end(),
      (error) => steps.end(error),
    );
  const reading = steps[Symbol.asyncIterator]();
  const first = await reading.next();
  return (async function* () {
    for (let next = first; !next.done; next = await reading.next()) yield next.value;
  })();
}
