/** How far a task is. `total` is null where it is not known. */
export interface ProgressReport {
  task: string;
  done: number;
  total: number | null;
  unit: "bytes" | "images" | "characters" | "motions" | "dialogues";
}

export type Progress = (report: ProgressReport) => void;
