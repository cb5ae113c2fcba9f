/** A question as people write it: "Where is the ring?" */
export const asked = (question: string): string =>
  `${question[0].toUpperCase()}${question.slice(1).replace(/\?$/, "")}?`;

/** A share in percent: of small ones, and of those that are nearly all, a digit more; it stays on one line. */
export const percent = (share: number): string =>
  `${(100 * share).toFixed(share < 0.0995 || (share > 0.995 && share < 0.9995) ? 1 : 0)}\u00a0%`;
