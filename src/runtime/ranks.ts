/**
 * The processes that train one model together, as one of them sees them. Every method is called by all of them, in the
 * same order and with lists of the same length. @throws where the others cannot be reached any more
 */
export interface Ranks {
  /** Number of this process, from 0. */
  readonly rank: number;
  /** How many there are. */
  readonly size: number;
  /** Puts the sum over all ranks in place of the values: the same bits in each. */
  sum(values: Float32Array | Float64Array): Promise<void>;
  /** Puts the largest of all ranks in place of each value. */
  max(values: Float64Array): Promise<void>;
  /** Puts each rank's own part of the values, from `starts[rank]` to where the next one's begins, to all. */
  share(values: Float32Array, starts: readonly number[]): Promise<void>;
  /** The bytes that rank 0 gives; what others give is left aside. */
  broadcast(bytes: Uint8Array): Promise<Uint8Array>;
}
