import { correlation, type Rows, smooth } from "./rows.js";

/** Seconds over which motion and speech are averaged, and by which motion may follow speech. */
const [WINDOW, LATEST] = [0.5, 0.5];

/**
 * How much a person moves while speaking: the largest correlation, over delays ℓ of 0 to 0.5 s, of the motion's energy
 * at t + ℓ with the person's own speech at t, both averaged over 0.5 s. In [−1, 1].
 * @param energy [T], such as the speed of the arms
 * @param speech [T], such as the envelope of the person's own voice
 */
export function ownCoupling(energy: Rows, speech: Rows, fps: number): number {
  const [motion, voice] = [energy, speech].map((values) => smooth(values, Math.round(WINDOW * fps)));
  let most = -1;
  for (let lag = 0; lag <= Math.min(Math.round(LATEST * fps), motion.length - 2); lag++)
    most = Math.max(most, correlation(motion, voice, { a0: lag, count: motion.length - lag }));
  return most;
}

/** How much a person moves while the partner speaks: the correlation at the same time of both, averaged over 0.5 s. */
export function partnerCoupling(energy: Rows, partnerSpeech: Rows, fps: number): number {
  const [motion, voice] = [energy, partnerSpeech].map((values) => smooth(values, Math.round(WINDOW * fps)));
  return correlation(motion, voice);
}
