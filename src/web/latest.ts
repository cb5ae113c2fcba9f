/**
 * For what is asked again before it is done, such as a picture for each move of a pointer: one call runs at a time, and
 * of those that come meanwhile only the newest follows it. The others resolve to `undefined` and never run.
 *
 * ```ts
 * const draw = latest((seed: number) => generator.sample({ seed }));
 * slider.oninput = async () => show(await draw(slider.valueAsNumber));
 * ```
 */
export function latest<A extends unknown[], T>(
  run: (...args: A) => T | Promise<T>,
): (...args: A) => Promise<T | undefined> {
  interface Call {
    args: A;
    resolve(value: T | undefined): void;
    reject(error: unknown): void;
  }
  let waiting: Call | null = null;
  let busy = false;
  async function go(): Promise<void> {
    busy = true;
    while (waiting) {
      const { args, resolve, reject }: Call = waiting;
      waiting = null;
      await (async () => run(...args))().then(resolve, reject);
    }
    busy = false;
  }
  return (...args) =>
    new Promise((resolve, reject) => {
      waiting?.resolve(undefined);
      waiting = { args, resolve, reject };
      if (!busy) void go();
    });
}
