import type { Random } from "../random/index.js";

/** Which index comes at a place. */
export type Order = (place: number) => number;

/** Up to so many indices are shuffled in memory, four bytes each. */
const IN_MEMORY = 2 ** 25;
const ROUNDS = 6;

/**
 * The indices 0 … count − 1 in random order: up to 2^25 of them by `permutation`, more by a keyed function that takes no
 * memory and no time before the first.
 */
export function shuffledOrder(count: number, random: Random): Order {
  if (count > IN_MEMORY) return keyedOrder(count, random);
  const order = random.permutation(count);
  return (place) => order[place];
}

/**
 * A Feistel network on the smallest even number of bits that hold every index: each index comes exactly once. Results
 * beyond the last are put in again until they are below it.
 */
export function keyedOrder(count: number, random: Random): Order {
  const half = Math.ceil(Math.log2(Math.max(2, count)) / 2);
  const side = 2 ** half;
  const keys = Uint32Array.from({ length: ROUNDS }, () => random.uint32());
  const once = (index: number): number => {
    let [left, right] = [Math.floor(index / side), index % side];
    for (const key of keys) [left, right] = [right, (left ^ mixed(right, key)) & (side - 1)];
    return left * side + right;
  };
  return (place) => {
    let index = once(place);
    while (index >= count) index = once(index);
    return index;
  };
}

/** 32 bits that depend on all bits of both (the finaliser of MurmurHash3). */
function mixed(value: number, key: number): number {
  let x = value ^ key;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
