import { splitText, type TextDataset } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

const random = new Random(0, "chain");
const letters = "abcd ";
let at = 0;
const written = Array.from({ length: 40_000 }, () => {
  at = (at + (random.uniform() < 0.75 ? 1 : 3)) % letters.length;
  return letters[at];
}).join("");

/**
 * Text of a first-order chain over "abcd" and the space: each letter is followed by the next or the next but two, 3 :
 * 1.
 */
export const chain: TextDataset = {
  id: "chain",
  kind: "text",
  ...splitText(written, { lines: false, name: "chain" }),
  licence: "none",
  attribution: "generated",
};

/** Its entropy rate, nats per letter. */
export const RATE = -(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25));
