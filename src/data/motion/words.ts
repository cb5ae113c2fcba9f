/**
 * The words of a caption in small letters: runs of Latin letters, digits and apostrophes, 64 characters of each at most;
 * accents are left out.
 */
export const wordsOf = (text: string): string[] =>
  text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .match(/[a-z0-9']*[a-z0-9][a-z0-9']*/g)
    ?.map((word) => word.slice(0, 64)) ?? [];
