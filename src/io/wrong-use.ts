/**
 * Something that was asked for and cannot be: a name, a path or a value that whoever asked has to change. The command
 * line exits with 2 for it, and with 1 for every other failure.
 */
export class WrongUse extends Error {
  override name = "WrongUse";
  readonly wrongUse = true;
}

/** Whether an error is one of wrong use, also where it has come from another thread, field by field. */
export const isWrongUse = (error: unknown): boolean => (error as Partial<WrongUse> | null)?.wrongUse === true;

/** A value that an option cannot have, or an option that there is not. */
export class OptionError extends WrongUse {
  override name = "OptionError";
}
