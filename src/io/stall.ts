/** Bytes a second below which a transfer counts as stalled. */
const SLOWEST = 1024;

/** Told how a transfer goes. */
export interface TransferWatch {
  /** The answer has begun. */
  answered(): void;
  /** So many bytes have arrived in all. */
  received(total: number): void;
  stop(): void;
}

/**
 * Watches a transfer: within `timeout` seconds an answer must begin, and from then on 1 KiB a second must arrive on the
 * mean of as many seconds. Calls `late` with what did not come.
 */
export function watchTransfer(timeout: number, late: (reason: string) => void): TransferWatch {
  const every = (check: () => void) => setInterval(check, timeout * 1000);
  const least = Math.ceil(SLOWEST * timeout);
  let [arrived, before] = [0, 0];
  let timer = every(() => late(`no answer came within ${timeout} s`));
  return {
    answered() {
      clearInterval(timer);
      timer = every(() => {
        if (arrived - before < least) late(`fewer than ${least} bytes came within ${timeout} s`);
        before = arrived;
      });
    },
    received(total) {
      arrived = total;
    },
    stop: () => clearInterval(timer),
  };
}
