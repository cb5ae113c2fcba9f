export { type Checkpoint, type Position, readCheckpoint } from "./checkpoint.js";
export { dataDifferences, readDataRecord, requireSameData } from "./data-record.js";
export { RunError, readConfig, requireNewFolder } from "./folder.js";
export {
  type GradientStageOptions,
  gradientStage,
  type TrainingCompute,
  trainingCompute,
} from "./gradient-stage.js";
export { withInterrupt } from "./interrupt.js";
export { lockFolder, lockHolder, type Trainer } from "./lock.js";
export { type MetricsRow, readMetrics } from "./metrics.js";
export { requireTraining } from "./options.js";
export { type Phase, phase } from "./phase.js";
export { formatDuration, terminalProgress } from "./progress.js";
export { writeReport } from "./report.js";
export { type RunOptions, type RunResult, runStages, type TrainOptions } from "./run.js";
export { listSheets, type SheetFile } from "./samples.js";
export type { ProgressEvent, SampleSheet, Stage } from "./stage.js";
export { readStage, type StageFile } from "./stage-file.js";
export type { Kept, Stateful } from "./state.js";
