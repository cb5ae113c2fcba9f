import type { Tokenizer } from "./tokenizer.js";

/** What a tokenizer of bytes makes of a part of a character. */
const BROKEN = "\uFFFD";
/** Tokens that a character is spread over at most: it has four bytes. */
const SPREAD = 4;

/**
 * Text of each token of a sequence; `blank` where a token is none of the tokenizer's, such as a masked one. A character
 * that several tokens share is the piece of the last of them. The pieces one after the other are the whole text.
 */
export function tokenPieces(tokens: Int32Array, tokenizer: Tokenizer, blank: string): string[] {
  const pieces = Array.from(tokens, () => "");
  for (let at = 0; at < tokens.length; ) {
    if (tokens[at] >= tokenizer.size) {
      pieces[at++] = blank;
      continue;
    }
    let end = at;
    let text: string;
    do text = tokenizer.decode(tokens.subarray(at, ++end));
    while (text.includes(BROKEN) && end < at + SPREAD && tokens[end] < tokenizer.size);
    // What no further token completes is broken by itself
    if (text.includes(BROKEN)) text = tokenizer.decode(tokens.subarray(at, (end = at + 1)));
    pieces[end - 1] = text;
    at = end;
  }
  return pieces;
}
