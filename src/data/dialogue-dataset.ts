import type { DataReport } from "./report.js";

/** What two people are to each other. */
export const RELATIONS = ["friend", "stranger", "family", "dating"] as const;
/** A person's five traits, as z-scores: 0 is the average, 1 a standard deviation above. */
export const TRAITS = ["extraversion", "agreeableness", "conscientiousness", "neuroticism", "openness"] as const;

/** Frames a second of dialogues, of their motion and of what is heard. */
export const DIALOGUE_FPS = 30;

/** One of the two people of a dialogue. */
export interface Speaker {
  /** Who it is: the same person in several dialogues has one name; train and test have no person in common. */
  readonly id: string;
  /** [T, 40]: what is heard of this person in each frame, as `dialogueFeatures` has it. */
  readonly sound: Float32Array;
  /** [T, 258]: how the person moves, as `toGesture` has it; null where nobody was captured. */
  readonly gesture: Float32Array | null;
  /** Five z-scores in the order of {@link TRAITS}; null where they are not known. */
  readonly traits: Float32Array | null;
  /** [T]: 1 where the frame counts; null where all do. */
  readonly valid: Uint8Array | null;
}

/** Two people who talk, frame by frame on one timeline. */
export interface Dialogue {
  readonly name: string;
  /** T ≥ 1. */
  readonly frames: number;
  /** Index of {@link RELATIONS}; −1 where it is not known. */
  readonly relation: number;
  readonly people: readonly [Speaker, Speaker];
}

/** Dialogues at 30 frames a second with a train and a test split that have no person in common. */
export interface DialogueDataset {
  id: string;
  kind: "dialogue";
  fps: typeof DIALOGUE_FPS;
  /** Made by a procedure, or captured of people: never mistaken for one another. */
  origin: "procedural" | "captured";
  train: readonly Dialogue[];
  test: readonly Dialogue[];
  licence: string;
  attribution: string;
  /** What was read, for data that were found by name or path. */
  report?: DataReport;
}
