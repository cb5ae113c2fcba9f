const NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split(" ");
const SPELLINGS: Record<string, string> = { center: "centre", color: "colour", gray: "grey", none: "0" };

/** A text in small letters without marks of any kind; numbers in digits. */
export function plainWords(text: string): string {
  return text
    .toLowerCase()
    .replace(/\\(?:text|mathrm|mathbf)\{([^{}]*)\}/g, "$1")
    .replace(/[^\p{L}\p{N}.\-+/%]+/gu, " ")
    .replace(/[-+.](?!\d)|(?<=\p{L})-/gu, " ")
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => (NUMBERS.includes(word) ? String(NUMBERS.indexOf(word)) : (SPELLINGS[word] ?? word)))
    .join(" ");
}

/**
 * The parts of what a model says in which its answer may stand, the likeliest first: what it marks as such (a box, a tag,
 * "the answer is"), its last line, all of it. What it thinks aloud in tags is left out.
 */
export function answerParts(said: string): string[] {
  const text = said
    .replace(/<think(?:ing)?>[\s\S]*?(?:<\/think(?:ing)?>|$)/g, "")
    .replace(/^[\s\S]*<\/think(?:ing)?>/, "");
  const last = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)?.[1];
  const marked = [
    last(/\\boxed\{((?:[^{}]|\{[^{}]*\})*)\}/g),
    last(/<answer>([\s\S]*?)<\/answer>/gi),
    last(/\banswer(?:\s+is)?\s*[*_]*\s*[:=]?\s*[*_]*([^\n]+)/gi),
  ];
  const line = text.trim().split("\n").at(-1);
  return [...new Set([...marked, line, text].flatMap((part) => (part?.trim() ? [part.trim()] : [])))];
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
const letterIn = (text: string): string | null => /^[("'*]*([A-J])(?:[).:,*"']|\s|$)/.exec(text.trim())?.[1] ?? null;

/**
 * Whether a free answer is one of those that are right: the same words, the one number of a sentence or line, or the same
 * letter of a choice.
 */
export function sameAnswer(said: string, right: readonly string[]): boolean {
  const parts = answerParts(said);
  return right.some((answer) => {
    const letter = /^[A-J]$/.test(answer.trim());
    const number = Number(answer.replaceAll(",", "").trim() || Number.NaN);
    return parts.some((part) => {
      if (letter) return letterIn(part) === answer.trim();
      if (bare(part) === bare(answer)) return true;
      return !Number.isNaN(number) && numberIn(part) === number;
    });
  });
}
