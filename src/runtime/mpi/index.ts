import type { Ranks } from "../ranks.js";
import { turn } from "../turn.js";
import type { Launched } from "./launcher.js";
import { type Library, mpiLibrary } from "./library.js";

export { type Launched, launchedBy } from "./launcher.js";

/** Numbers per call: MPI counts them in 32 bits. */
const MOST = 2 ** 28;
/** Milliseconds that the others are waited for at full speed; then other events have their turn in between. */
const PATIENCE = 0.3;
/** Milliseconds after which waiting sleeps in between. */
const LONG = 20;

/** Ranks that MPI connects. All calls are made by the thread that called `joinRanks`. */
export interface MpiRanks extends Ranks {
  /** What is shown to tell this rank from others: its number and machine. */
  readonly name: string;
  /** The bytes of every rank, by rank, at rank 0; elsewhere nothing. */
  gather(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** Milliseconds spent in exchanges so far, and in waiting for others to come to them. */
  readonly spent: { exchanging: number; waiting: number };
  /** Ends MPI, when all have come to this. Nothing may be called after it. */
  leave(): Promise<void>;
  /** Ends all ranks at once, with this exit code. */
  abort(code: number): void;
}

export interface JoinOptions {
  /** Seconds after which `onWait` is called where the others do not come to an exchange, and the seconds so far. */
  onWait?(seconds: number): void;
}

/**
 * Joins the processes that a launcher started. @throws where there is no library, or it knows of another number of ranks
 * than the launcher
 */
export async function joinRanks(launched: Launched, { onWait }: JoinOptions = {}): Promise<MpiRanks> {
  const library = await mpiLibrary(launched);
  const { call, world } = library;
  const { hostname } = await import("node:os");
  check("MPI_Init", call.MPI_Init(null, null));
  const number = Int32Array.of(0);
  check("MPI_Comm_size", call.MPI_Comm_size(world, number));
  const [size] = number;
  check("MPI_Comm_rank", call.MPI_Comm_rank(world, number));
  const [rank] = number;
  if (size !== launched.size) {
    call.MPI_Finalize();
    throw new Error(
      `${launched.variable} says that ${launched.size} processes work together, but the MPI library ${library.name} ` +
        `knows of ${size}: it is not the one of the launcher. Name the right one in FEWSTEP_MPI.`,
    );
  }
  const spent = { exchanging: 0, waiting: 0 };
  const timed = async (name: keyof typeof spent, act: () => unknown) => {
    const began = performance.now();
    await act();
    spent[name] += performance.now() - began;
  };
  /** An exchange blocks the thread, so that all have to be there when it begins. */
  const exchange = async (act: () => unknown) => {
    await timed("waiting", () => meet(library, onWait));
    await timed("exchanging", act);
  };
  const reduce = (op: "sum" | "max", values: Float32Array | Float64Array) =>
    exchange(() => {
      const type = values instanceof Float32Array ? library.float : library.double;
      for (let at = 0; at < values.length; at += MOST) {
        const some = values.subarray(at, at + MOST);
        check("MPI_Allreduce", call.MPI_Allreduce(library.inPlace, some, some.length, type, library[op], world));
      }
    });
  return {
    rank,
    size,
    name: `rank ${rank} of ${size} (${hostname()})`,
    spent,
    sum: (values) => reduce("sum", values),
    max: (values) => reduce("max", values),
    share(values, starts) {
      const { float, inPlace } = library;
      const counts = Int32Array.from(starts, (start, i) => (starts[i + 1] ?? values.length) - start);
      const places = Int32Array.from(starts);
      return exchange(() =>
        check("MPI_Allgatherv", call.MPI_Allgatherv(inPlace, 0, float, values, counts, places, float, world)),
      );
    },
    async broadcast(bytes) {
      const length = Float64Array.of(bytes.length);
      await exchange(() => check("MPI_Bcast", call.MPI_Bcast(length, 1, library.double, 0, world)));
      const padded = new Float64Array(Math.ceil(length[0] / 8));
      const all = new Uint8Array(padded.buffer, 0, length[0]);
      if (rank === 0) all.set(bytes);
      for (let at = 0; at < padded.length; at += MOST) {
        const some = padded.subarray(at, at + MOST);
        check("MPI_Bcast", call.MPI_Bcast(some, some.length, library.double, 0, world));
      }
      return all;
    },
    async gather(bytes) {
      const lengths = new Float64Array(size);
      lengths[rank] = bytes.length;
      await reduce("sum", lengths);
      const own = new Float64Array(Math.ceil(bytes.length / 8));
      new Uint8Array(own.buffer).set(bytes);
      const counts = Int32Array.from(lengths, (length) => Math.ceil(length / 8));
      const starts = Int32Array.from(counts, (_, i) => counts.subarray(0, i).reduce((sum, n) => sum + n, 0));
      const all = new Float64Array(rank === 0 ? starts[size - 1] + counts[size - 1] : 0);
      const { double } = library;
      await exchange(() =>
        check("MPI_Gatherv", call.MPI_Gatherv(own, own.length, double, all, counts, starts, double, 0, world)),
      );
      return rank > 0 ? [] : Array.from(lengths, (length, i) => new Uint8Array(all.buffer, 8 * starts[i], length));
    },
    async leave() {
      await meet(library, onWait);
      check("MPI_Finalize", call.MPI_Finalize());
    },
    abort: (code) => void call.MPI_Abort(world, code),
  };
}

/** Waits until every rank has come here; signals and timers are served meanwhile. */
async function meet({ call, world }: Library, onWait?: (seconds: number) => void): Promise<void> {
  const request = new BigUint64Array(1); // a pointer or an integer, as the library has it
  const status = new Uint8Array(256); // more than any library's
  const done = Int32Array.of(0);
  check("MPI_Ibarrier", call.MPI_Ibarrier(world, request));
  const began = performance.now();
  let told = 0;
  for (;;) {
    check("MPI_Test", call.MPI_Test(request, done, status));
    if (done[0] !== 0) return;
    const waited = performance.now() - began;
    if (waited > LONG) await sleep();
    else if (waited > PATIENCE) await turn();
    if (waited / 1000 > told + 0.25) {
      told = waited / 1000;
      onWait?.(told);
    }
  }
}

const sleep = () => new Promise((resolve) => void setTimeout(resolve, 1));

function check(what: string, code: number): void {
  if (code !== 0) throw new Error(`${what} failed with the error code ${code}: the other ranks cannot be reached.`);
}
