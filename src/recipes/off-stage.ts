/** Settings of a stage that has no effect while it has no steps: all but `steps`, by their paths. */
export const offStage = (name: string, { steps, ...others }: { steps: number }): string[] =>
  steps > 0 ? [] : Object.keys(others).map((one) => `${name}.${one}`);
