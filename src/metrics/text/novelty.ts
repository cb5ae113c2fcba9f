/** What samples of short strings (names, words) are, as shares of all samples. */
export interface LineShares {
  /**
   * Consist of characters in an order that occurs: every pair of neighbours, with the ends, stands in some known line.
   */
  valid: number;
  /** Stand in the training lines. */
  known: number;
  /** Do not stand there. */
  novel: number;
  /** Do not stand there, but among the held-out lines: real, though never shown. */
  real: number;
  /** Number of different samples over the number of samples. */
  distinct: number;
}

/**
 * Shares of `samples` against the lines that a model learnt from and lines held out from it. Throws where there are no
 * samples.
 */
export function lineShares(
  samples: readonly string[],
  training: ReadonlySet<string>,
  heldOut: ReadonlySet<string>,
): LineShares {
  if (samples.length === 0) throw new Error("There are no samples to be compared with the training lines.");
  const pairs = new Set<string>();
  const pairsOf = (line: string): string[] => {
    const characters = ["", ...line, ""];
    return characters.slice(1).map((c, i) => `${characters[i]}\n${c}`);
  };
  for (const line of training) for (const pair of pairsOf(line)) pairs.add(pair);
  const share = (keep: (line: string) => boolean) => samples.filter(keep).length / samples.length;
  return {
    valid: share((line) => line !== "" && pairsOf(line).every((pair) => pairs.has(pair))),
    known: share((line) => training.has(line)),
    novel: share((line) => !training.has(line)),
    real: share((line) => !training.has(line) && heldOut.has(line)),
    distinct: new Set(samples).size / samples.length,
  };
}
