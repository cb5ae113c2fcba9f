import type { Programs } from "../../models/programs.js";
import type { MotionGraphs } from "./graphs.js";
import type { MotionNetwork } from "./network.js";
import type { MotionShape } from "./shape.js";
import type { Vocabulary } from "./words.js";

/** What a session draws with. */
export interface SessionModel {
  readonly shape: MotionShape;
  readonly net: MotionNetwork;
  readonly graphs: MotionGraphs;
  readonly programs: Programs;
  readonly vocabulary: Vocabulary;
}
