const NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");
const SPELLINGS: Record<string, string> = { center: "centre", color: "colour", gray: "grey", none: "0" };

/**
 * A text in small letters without punctuation; numbers in digits. Signs that can tell answers apart, such as those of "C++",
 * "x < y" and emoji, stay; where there is nothing else, all of it does.
 */
export function plainWords(text: string): string {
  const whole = text.normalize("NFC").replaceAll("−", "-").trim().toLowerCase();
  const words = whole
    .replace(/\\(?:text|mathrm|mathbf)\{([^{}]*)\}/g, "$1")
    .replace(/[$^`~|]/g, " ")
    .replace(/([=<>≤≥≠×÷])/g, " $1 ")
    .replace(/[^\p{L}\p{M}\p{N}\p{S}#&@.\-+/%]+/gu, " ")
    .replace(/(?<=\p{L})-(?=[\p{L}\d])|(?<!\p{L})-(?!\d)|\.(?!\d)|(?<![\p{L}+])\+(?![\d+])/gu, " ")
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => (NUMBERS.includes(word) ? String(NUMBERS.indexOf(word)) : (SPELLINGS[word] ?? word)))
    .join(" ");
  return words || whole;
}

/** What a model says without what it thinks aloud in tags. */
const spoken = (said: string): string =>
  said.replace(/<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/g, "").replace(/^[\s\S]*<\/think(?:ing)?>/, "");

/** What a model marks as its answer, by a box, a tag or "the answer is"; the likeliest first. */
function markedParts(said: string): string[] {
  const text = spoken(said);
  const last = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[1];
  const marked = [
    last(/\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}/g),
    last(/<answer>([\s\S]*?)<\/answer>/gi),
    last(/\banswer(?:\s+is)?\s*[*_]*\s*[:=]?\s*[*_]*([^\n]+)/gi),
  ];
  return marked.flatMap((part) => (part?.trim() ? [part.trim()] : []));
}

/**
 * The parts of what a model says in which its answer may stand, the likeliest first: what it marks as such, its last line,
 * all of it.
 */
export function answerParts(said: string): string[] {
  const text = spoken(said).trim();
  const rest = [text.split("\n").at(-1)!.trim(), text].filter(Boolean);
  return [...new Set([...markedParts(said), ...rest])];
}

/**
 * Which of the answers that there can be a model gave; null where it gave none, or several. Of two of which one is part of
 * the other ("middle left" and "left"), the longer is meant.
 */
export function readChoice(said: string, choices: readonly string[]): string | null {
  const plain = choices.map((choice) => ({ choice, words: plainWords(choice) }));
  for (const part of answerParts(said)) {
    let text = ` ${plainWords(part)} `;
    const same = plain.find(({ words }) => ` ${words} ` === text);
    if (same) return same.choice;
    const found = new Set<string>();
    for (const { choice, words } of plain.toSorted((a, b) => b.words.length - a.words.length)) {
      if (!text.includes(` ${words} `)) continue;
      found.add(choice);
      text = text.replaceAll(` ${words} `, " | ");
    }
    if (found.size === 1) return [...found][0];
    if (found.size > 1) return null;
  }
  return null;
}

/** What a model said, as short as its answer is. */
export const shortAnswer = (said: string): string =>
  (answerParts(said)[0] ?? "").replace(/^[\s*_"'`]+|[\s*_"'`.]+$/g, "").slice(0, 200);

const ARTICLES = /^(?:the|a|an) /;
const bare = (text: string) => plainWords(text).replace(ARTICLES, "").replace(/\.$/, "");
/** The number of a text that has one only. */
function numberIn(text: string): number | null {
  const plain = plainWords(text.replace(/(?<=\d),(?=\d{3})/g, ""));
  const found = plain.match(/(?<![\p{L}\d.])[-+]?\d*\.?\d+/gu);
  return found?.length === 1 ? Number(found[0]) : null;
}
/** A letter of a choice in one part: alone, before a mark, after a word such as "option", or the only one that stands alone. */
function letterIn(text: string): string | null {
  const alone = /^[("'*[]*([A-Ja-j])[)\].:,*"']*$/.exec(text.trim())?.[1];
  if (alone) return alone.toUpperCase();
  const first = /^[("'*[]*([A-J])[)\].:*]/.exec(text.trim())?.[1];
  if (first) return first;
  const named = /\b(?:option|choice|letter|answer)\s*(?:is\s*)?[:("*]*([A-J])(?![\p{L}\p{N}'+#-])/iu.exec(text)?.[1];
  if (named) return named.toUpperCase();
  // "A" and "I" are words too, but at the end
  const found = new Set(
    [...text.matchAll(/(?<![\p{L}\p{N}'])(?:([B-HJ])(?![\p{L}\p{N}'+#-])|([AI])(?=[).:,*"]*\s*$))/gu)].map(
      ([, one, end]) => one ?? end,
    ),
  );
  return found.size === 1 ? [...found][0] : null;
}

/** The letter of the choice that a model names, by the first part that names one; null where none does. */
export function readLetter(said: string): string | null {
  for (const part of answerParts(said)) {
    const letter = letterIn(part);
    if (letter) return letter;
  }
  return null;
}

/**
 * Whether a free answer is one of those that are right: the same words, the one number of a sentence or line, or the same
 * letter of a choice. What a model marks as its answer decides; where it marks nothing, its last line or all of it does.
 */
export function sameAnswer(said: string, right: readonly string[]): boolean {
  const parts = answerParts(said);
  const [marked] = markedParts(said);
  const numbers = parts.map(numberIn);
  return right.some((answer) => {
    if (/^[A-J]$/.test(answer.trim())) return readLetter(said) === answer.trim();
    if ((marked === undefined ? parts : [marked]).some((part) => bare(part) === bare(answer))) return true;
    const number = Number(answer.replaceAll(",", "").replaceAll("−", "-").trim() || Number.NaN);
    return !Number.isNaN(number) && numbers.find((one) => one !== null) === number;
  });
}
