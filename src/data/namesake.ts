import { existsSync } from "node:fs";
import { join } from "node:path";

/** Notes where a data set's name is also that of a file or folder here: which was taken, and how to get the other. */
export const namesakeNotes = (name: string, here = "."): string[] =>
  existsSync(join(here, name))
    ? [`"${name}" is the data set of that name; the file or folder here that is called so is reached as ./${name}.`]
    : [];
