/** Pairs of tokens with their counts, the most frequent first; of equals the one of the smallest key. */
class PairQueue {
  private readonly keys: number[] = [];
  private readonly counts: number[] = [];

  private before(a: number, b: number): boolean {
    const { keys, counts } = this;
    return counts[a] > counts[b] || (counts[a] === counts[b] && keys[a] < keys[b]);
  }

  private swap(a: number, b: number): void {
    const { keys, counts } = this;
    [keys[a], keys[b]] = [keys[b], keys[a]];
    [counts[a], counts[b]] = [counts[b], counts[a]];
  }

  push(key: number, count: number): void {
    let at = this.keys.push(key) - 1;
    this.counts.push(count);
    for (let above = (at - 1) >> 1; at > 0 && this.before(at, above); above = (at - 1) >> 1) {
      this.swap(at, above);
      at = above;
    }
  }

  pop(): { key: number; count: number } | null {
    const { keys, counts } = this;
    if (keys.length === 0) return null;
    this.swap(0, keys.length - 1);
    const [key, count] = [keys.pop()!, counts.pop()!];
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let first = at;
      if (left < keys.length && this.before(left, first)) first = left;
      if (right < keys.length && this.before(right, first)) first = right;
      if (first === at) return { key, count };
      this.swap(at, first);
      at = first;
    }
  }
}

/** Tokens with every pair a, b replaced by `merged`, from left to right. */
export function applyMerge(tokens: readonly number[], a: number, b: number, merged: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < tokens.length; i++)
    if (tokens[i] === a && tokens[i + 1] === b) {
      out.push(merged);
      i++;
    } else out.push(tokens[i]);
  return out;
}

/**
 * Merges of byte-pair encoding: the most frequent pair in the words (ties: the earliest tokens) becomes the next token,
 * until there are `size` or no pair comes twice. Only words with the pair are looked at, so that a merge costs what it
 * changes.
 */
export function learnMerges(
  words: readonly { tokens: number[]; count: number }[],
  characters: number,
  size: number,
): [number, number][] {
  const counts = new Map<number, number>();
  /** Words that had a pair when it first came into them. */
  const places = new Map<number, number[]>();
  const queue = new PairQueue();
  const add = (word: number, sign: 1 | -1, changed?: Set<number>) => {
    const { tokens, count } = words[word];
    for (let i = 0; i + 1 < tokens.length; i++) {
      const key = tokens[i] * size + tokens[i + 1];
      counts.set(key, (counts.get(key) ?? 0) + sign * count);
      changed?.add(key);
      if (sign < 0) continue;
      const there = places.get(key);
      if (!there) places.set(key, [word]);
      else if (there[there.length - 1] !== word) there.push(word);
    }
  };
  for (let word = 0; word < words.length; word++) add(word, 1);
  for (const [key, count] of counts) queue.push(key, count);

  const merges: [number, number][] = [];
  while (characters + merges.length < size) {
    let best = queue.pop();
    while (best && counts.get(best.key) !== best.count) best = queue.pop();
    if (!best || best.count < 2) break;
    const { key } = best;
    const [a, b] = [Math.floor(key / size), key % size];
    const merged = characters + merges.length;
    merges.push([a, b]);
    const changed = new Set<number>();
    for (const word of places.get(key) ?? []) {
      const one = words[word];
      if (!one.tokens.some((token, i) => token === a && one.tokens[i + 1] === b)) continue;
      add(word, -1, changed);
      one.tokens = applyMerge(one.tokens, a, b, merged);
      add(word, 1, changed);
    }
    for (const other of changed) {
      const count = counts.get(other)!;
      if (count > 0) queue.push(other, count);
      else {
        counts.delete(other);
        places.delete(other);
      }
    }
  }
  return merges;
}
