import { method } from "../../models/method.js";
import { motionJudgeArchitecture } from "./network.js";
import { motionJudgeSettings, presets } from "./settings.js";

export const motionJudge = method({
  summary: "a network whose features judge motions and how they fit texts; draws nothing",
  learnsFrom: ["motion"],
  architecture: motionJudgeArchitecture,
  settings: motionJudgeSettings,
  presets,
  train: async () => (await import("./train.js")).trainMotionJudge,
});
