import cliProgress from "cli-progress";

/**
 * A bar of the steps of something that may take long: on a terminal only, and only where it takes more than `patience`
 * milliseconds.
 */
export function stepBar(
  what: string,
  { stream = process.stderr, patience = 2000 }: { stream?: NodeJS.WriteStream; patience?: number } = {},
): { onStep(done: number, total: number): void; stop(): void } {
  if (!stream.isTTY) return { onStep: () => {}, stop: () => {} };
  const began = performance.now();
  let bar: cliProgress.SingleBar | null = null;
  return {
    onStep(done, total) {
      if (performance.now() - began < patience) return;
      if (!bar) {
        bar = new cliProgress.SingleBar(
          { format: `${what} {bar} {value}/{total} steps`, stream, hideCursor: false, clearOnComplete: true },
          cliProgress.Presets.shades_grey,
        );
        bar.start(total, done);
      }
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}
