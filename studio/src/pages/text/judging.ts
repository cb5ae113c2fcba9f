/** What of a config.json tells whether a judge reads what a model draws. */
export interface Described {
  readonly training?: { readonly data?: unknown };
  readonly text?: { readonly tokenizer: unknown; readonly lines: boolean };
}

/** Whether a judge has learnt held-out text of the same data, in the same tokens. */
export const judges = (judge: Described, model: Described): boolean =>
  judge.training?.data !== undefined &&
  judge.training.data === model.training?.data &&
  judge.text !== undefined &&
  judge.text.lines === model.text?.lines &&
  JSON.stringify(judge.text.tokenizer) === JSON.stringify(model.text?.tokenizer);

/** What the judge's card says of held-out text: bits of a character; null where it says nothing. */
export function realBits(metrics: unknown): number | null {
  const list = (metrics as { metrics?: readonly { name?: unknown; value?: unknown }[] } | null)?.metrics;
  const found = Array.isArray(list) ? list.find(({ name }) => name === "Bits per character") : undefined;
  return typeof found?.value === "number" ? found.value : null;
}
