export { TRAINERS, type Trainer, type TrainerName, trainerNames } from "./trainers.js";
export { type Exported, type ExportOptions, exportTraining, MOST_ITEMS, requireEmpty } from "./write.js";
