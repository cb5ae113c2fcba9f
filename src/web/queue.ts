/** Does one thing after the other, in the order in which they were asked for. */
export class Queue {
  private readonly waiting: (() => Promise<void>)[] = [];
  private busy = false;

  /** @throws what `work` throws, or the signal's reason where it aborts before the work begins */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal?.reason);
      };
      const entry = async () => {
        signal?.removeEventListener("abort", leave);
        await work().then(resolve, reject);
      };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", leave, { once: true });
      this.waiting.push(entry);
      void this.go();
    });
  }

  private async go(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) await next();
    this.busy = false;
  }
}
