import type { LabelledClip, MotionDataset } from "../motion-dataset.js";
import { namesakeNotes } from "../namesake.js";
import { type DataReport, dataReport } from "../report.js";
import { contentOf } from "./told.js";

/** The report of motions that are known by name. */
export function namedReport({ id, train, test, classNames, licence }: MotionDataset): DataReport {
  const count = (clips: readonly LabelledClip[], label: number) =>
    clips.filter(({ segments }) => segments.some((one) => one.label === label)).length;
  const classes =
    classNames?.map((name, label) => ({ name, train: count(train, label), test: count(test, label) })) ?? null;
  return dataReport({
    ...{ kind: "motion", id, path: null, content: contentOf(train, test, classes), leftOut: [] },
    ...{
      notes: [`Licence: ${licence}.`, ...namesakeNotes(id)],
      classes,
      train: train.length,
      test: test.length,
      files: {},
    },
  });
}
