/** A run that cannot start or go on, for a reason that the person at the keyboard can mend. */
export class RunError extends Error {
  override name = "RunError";
}
