/**
 * Runs `work` for the newest input only: while one is being worked on, inputs that come are kept, the last of them
 * wins. So a slider may tell of every movement.
 */
export function latest<T>(work: (input: T) => Promise<void>): (input: T) => void {
  let waiting: { input: T } | null = null;
  let running = false;
  return async (input) => {
    waiting = { input };
    if (running) return;
    running = true;
    try {
      while (waiting) {
        const { input: next }: { input: T } = waiting;
        waiting = null;
        await work(next);
      }
    } finally {
      running = false;
    }
  };
}
