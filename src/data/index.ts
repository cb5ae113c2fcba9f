import type { ImageDataset } from "./dataset.js";
import type { ConversationDataset, ConversationOptions } from "./dialogue/conversations.js";
import type { DialogueOptions } from "./dialogue/resolve.js";
import type { DialogueDataset } from "./dialogue-dataset.js";
import type { DatasetListing, GetOptions } from "./get.js";
import type { Work } from "./made-in-turns.js";
import type { LocomotionDataset, LocomotionOptions } from "./motion/locomotion/index.js";
import type { MotionOptions } from "./motion/resolve.js";
import type { MotionDataset } from "./motion-dataset.js";
import type { DataKind, ResolveOptions, TextOptions } from "./resolve.js";
import type { SceneDataset } from "./scenes/dataset.js";
import type { TextDataset } from "./text.js";

export { ClassStream, type ClassStreamState, IndexStream, type IndexStreamState } from "./batches.js";
export { Text } from "./characters.js";
export { type ImageDataset, type ImageSplit, toFloat } from "./dataset.js";
export type { Conversation, ConversationDataset, ConversationOptions } from "./dialogue/conversations.js";
export type { DialogueOptions } from "./dialogue/resolve.js";
export {
  DIALOGUE_FPS,
  type Dialogue,
  type DialogueDataset,
  RELATIONS,
  type Speaker,
  TRAITS,
} from "./dialogue-dataset.js";
export type { FolderOptions } from "./folder.js";
export type { DatasetListing, GetOptions } from "./get.js";
export type { LocomotionDataset, LocomotionOptions } from "./motion/locomotion/index.js";
export type { MotionOptions } from "./motion/resolve.js";
export type { LabelledClip, MotionDataset, Segment } from "./motion-dataset.js";
export type { Progress, ProgressReport } from "./progress.js";
export type { DataReport, LeftOut } from "./report.js";
export type { DataKind, ResolveOptions, TextOptions } from "./resolve.js";
export type { Probe, Question } from "./scenes/question.js";
export type { Skill } from "./scenes/skill-names.js";
export { splitText } from "./split-text.js";
export { decodeUtf8, type LongLines, lettersOnly, type TextDataset, type TextFound } from "./text.js";
export { type Toy, type ToyName, toy, toys } from "./toys.js";
export type { SceneDataset };

// What reads files or the network is loaded when called: this module itself also runs in the browser.

/** @see resolve.ts */
export const resolveDataset = async (idOrPath: string, options?: ResolveOptions): Promise<ImageDataset> =>
  (await import("./resolve.js")).resolveDataset(idOrPath, options);

/** @see get.ts */
export const getDataset = async (id: string, options?: GetOptions): Promise<ImageDataset> =>
  (await import("./get.js")).getDataset(id, options);

/** @see get.ts */
export const listDatasets = async (cache?: string): Promise<DatasetListing[]> =>
  (await import("./get.js")).listDatasets(cache);

/** @see resolve.ts */
export const resolveText = async (idOrPath: string, options?: TextOptions): Promise<TextDataset> =>
  (await import("./resolve.js")).resolveText(idOrPath, options);

/** @see resolve.ts */
export const resolveData = async (
  idOrPath: string,
  options?: ResolveOptions & TextOptions,
): Promise<ImageDataset | TextDataset | MotionDataset | DialogueDataset | SceneDataset> =>
  (await import("./resolve.js")).resolveData(idOrPath, options);

/** @see resolve.ts */
export const checkData = async (idOrPath: string, options?: ResolveOptions & TextOptions): Promise<DataKind> =>
  (await import("./resolve.js")).checkData(idOrPath, options);

/** @see get.ts */
export const getText = async (id: string, options?: GetOptions): Promise<TextDataset> =>
  (await import("./get.js")).getText(id, options);

/** @see get.ts */
export const getMotion = async (id: string, options?: GetOptions): Promise<MotionDataset> =>
  (await import("./get.js")).getMotion(id, options);

/** @see motion/resolve.ts */
export const resolveMotion = async (idOrPath: string, options?: MotionOptions): Promise<MotionDataset> =>
  (await import("./motion/resolve.js")).resolveMotion(idOrPath, options);

/** @see motion/locomotion/index.ts */
export const locomotion = async (options?: LocomotionOptions, work?: Work): Promise<LocomotionDataset> =>
  (await import("./motion/locomotion/index.js")).makeLocomotion(options, work);

/** @see dialogue/resolve.ts */
export const resolveDialogues = async (idOrPath: string, options?: DialogueOptions): Promise<DialogueDataset> =>
  (await import("./dialogue/resolve.js")).resolveDialogues(idOrPath, options);

/** @see scenes/named.ts */
export const resolveQuestions = async (id: string): Promise<SceneDataset> =>
  (await import("./scenes/named.js")).resolveQuestions(id);

/** @see scenes/dataset.ts */
export const scenes = async (options?: { seed?: number }): Promise<SceneDataset> =>
  (await import("./scenes/dataset.js")).scenes(options);

/** @see dialogue/conversations.ts */
export const conversations = async (options?: ConversationOptions, work?: Work): Promise<ConversationDataset> =>
  (await import("./dialogue/conversations.js")).makeConversations(options, work);
