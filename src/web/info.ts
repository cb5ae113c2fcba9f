import type { EditInfo } from "../models/edits.js";
import { imageSize } from "../models/files.js";
import type { AnyGenerator } from "../models/generator.js";
import { optionInfos } from "../models/options.js";
import type { DeviceName } from "../runtime/index.js";
import type { EditForm, GeneratorInfo } from "./generator.js";

/** What edits take and give that is done with pictures alone. */
const TAKEN = ["pictures", "pair", "mask"];
const isOfPictures = ({ takes, gives }: EditInfo) =>
  gives === "pictures" && takes.every((name) => TAKEN.includes(name));

/** What a loaded model is, for forms and captions. */
export function describeGenerator(
  model: AnyGenerator,
  { device, threads }: { device: DeviceName; threads: number },
): GeneratorInfo {
  const edits: Readonly<Record<string, EditInfo>> = (model.kind === "image" && model.edits) || {};
  const forms = Object.entries(edits)
    .filter(([, edit]) => isOfPictures(edit))
    .map(([name, { summary, takes, gives, options }]): [string, EditForm] => [
      name,
      { summary, takes, gives, options: optionInfos(options) },
    ]);
  const sessionOptions = "sessionOptions" in model ? model.sessionOptions : null;
  return {
    kind: model.kind,
    method: model.method,
    name: model.config.name,
    config: model.config,
    classNames: model.classNames,
    options: optionInfos(model.options),
    edits: Object.fromEntries(forms),
    image: model.kind === "image" ? imageSize(model.config) : null,
    text: model.kind === "text" ? { length: model.length, lines: model.lines } : null,
    motion: model.kind === "motion" ? { fps: model.fps } : null,
    gesture: model.kind === "gesture" ? { fps: model.fps } : null,
    sessionOptions: sessionOptions ? optionInfos(sessionOptions) : null,
    device,
    threads,
  };
}
