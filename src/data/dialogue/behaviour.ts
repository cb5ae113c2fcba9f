import type { Random } from "../../random/index.js";

/** How people behave who are this to each other. */
export interface Behaviour {
  /** Size of gestures. */
  readonly size: number;
  /** Seconds from a stressed syllable to the apex of its gesture. */
  readonly latency: number;
  /** Probability that a listener nods to a stressed syllable. */
  readonly nod: number;
  /** How much of the partner's leaning is mirrored, 0 to 1. */
  readonly mirror: number;
  /** How far one leans towards the other, radians. */
  readonly lean: number;
  /** Probability that a turn begins before the other one has ended. */
  readonly overlap: number;
}

/** In the order of RELATIONS: friend, stranger, family, dating. */
export const BEHAVIOURS: readonly Behaviour[] = [
  { size: 1.2, latency: 0.08, nod: 0.45, mirror: 0.5, lean: 0.06, overlap: 0.25 },
  { size: 0.65, latency: 0.16, nod: 0.3, mirror: 0.1, lean: -0.06, overlap: 0.05 },
  { size: 1, latency: 0.11, nod: 0.25, mirror: 0.3, lean: 0, overlap: 0.35 },
  { size: 0.85, latency: 0.1, nod: 0.55, mirror: 0.8, lean: 0.12, overlap: 0.15 },
];

/** Z-scores in the order of TRAITS, each in [−1.5, 1.5]. */
export interface Person {
  readonly extraversion: number;
  readonly agreeableness: number;
  readonly conscientiousness: number;
  readonly neuroticism: number;
  readonly openness: number;
  /** The arm that gestures more: 0 the left one, 1 the right one. */
  readonly hand: 0 | 1;
  /** Median pitch of the voice, Hz, and how long the throat is beside an average one. */
  readonly pitch: number;
  readonly throat: number;
  /** How loud, about 1. */
  readonly loudness: number;
}

/** Shares of right-handed people and of high voices. */
const [RIGHT, HIGH] = [0.9, 0.5];

export function drawPerson(random: Random): Person {
  const trait = () => Math.max(-1.5, Math.min(1.5, random.normal()));
  const traits = {
    ...{ extraversion: trait(), agreeableness: trait(), conscientiousness: trait() },
    ...{ neuroticism: trait(), openness: trait() },
  };
  const high = random.uniform() < HIGH;
  return {
    ...traits,
    hand: random.uniform() < RIGHT ? 1 : 0,
    pitch: (high ? 200 : 115) * Math.exp(0.1 * random.normal()),
    throat: (high ? 0.87 : 1) * Math.exp(0.04 * random.normal()),
    loudness: Math.exp(0.15 * random.normal()),
  };
}
