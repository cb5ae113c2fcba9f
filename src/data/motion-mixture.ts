import { systematic } from "./batches.js";
import type { LabelledClip, MotionDataset } from "./motion-dataset.js";

/**
 * The motions with another mixture of training clips: action c has `times[c]` times an equal share of the frames, as far as
 * whole clips allow, and there are as many clips as before. A clip that shows several actions stands in it as often as its frames
 * ask for on average; frames of no action ask for what they have. Test clips, record and names stay.
 * @throws where there are no actions, or `times` are not one for each
 */
export function reweightedMotions(dataset: MotionDataset, times: readonly number[]): MotionDataset {
  const { id, classNames, train } = dataset;
  if (times.length !== classNames?.length)
    throw new Error(`"${id}" has ${classNames?.length ?? 0} actions, got ${times.length} shares.`);
  const frames = new Float64Array(times.length);
  for (const { segments } of train)
    for (const { start, end, label } of segments) if (label >= 0) frames[label] += end - start;
  const equal = frames.reduce((a, b) => a + b, 0) / frames.filter((count) => count > 0).length;
  const asked = ({ clip, segments }: LabelledClip): number =>
    segments.reduce((sum, { start, end, label }) => {
      const factor = label < 0 ? 1 : (times[label] * equal) / frames[label];
      return sum + ((end - start) * factor) / clip.frames;
    }, 0);
  const weights = train.map(asked);
  const order = [...train.keys()].sort((a, b) => weights[a] - weights[b] || a - b);
  const sum = weights.reduce((a, b) => a + b, 0);
  const shares = order.map((i) => weights[i] / sum);
  const rows = systematic(shares, train.length, 0.5)
    .map((at) => order[at])
    .sort();
  return { ...dataset, train: Array.from(rows, (row) => train[row]) };
}
