/** Logits [count, classes] and the true label of each row. */
export interface Classified {
  logits: Float32Array;
  labels: ArrayLike<number>;
}

/**
 * 1 where the largest logit is the label's, else 0: [count]. The lower class wins a tie.
 * @throws RangeError where the logits do not make whole rows, one is NaN, or a label is not a class.
 */
export function correctPredictions({ logits, labels }: Classified): Uint8Array {
  const count = labels.length;
  const classes = logits.length / count;
  if (count === 0 || !Number.isInteger(classes))
    throw new RangeError(`${logits.length} logits are not whole rows for ${count} labels.`);
  return Uint8Array.from({ length: count }, (_, i) => {
    const label = labels[i];
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new RangeError(`Label ${label} of sample ${i} is not one of the ${classes} classes.`);
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const bad = row.find((value) => Number.isNaN(value));
    if (bad !== undefined) throw new RangeError(`A logit of sample ${i} is NaN. Check the classifier or its input.`);
    return row.indexOf(row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)) === label ? 1 : 0;
  });
}

/** Share of the rows whose largest logit is the label's. */
export function accuracy(classified: Classified): number {
  const correct = correctPredictions(classified);
  return correct.reduce((sum, value) => sum + value, 0) / correct.length;
}
