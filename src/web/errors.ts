import { FetchError } from "../io/fetch.js";
import { OptionError, WrongUse } from "../io/wrong-use.js";
import { NoSuchModel } from "../models/location.js";

/** An error as it crosses to another thread. */
export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

/** What the GPU's driver or the browser has taken away; a new generator may get another. */
export class DeviceLost extends Error {
  override name = "DeviceLost";
}

/** Errors that are recognised by their class. */
const classes = { OptionError, WrongUse, NoSuchModel, FetchError, DeviceLost, RangeError, TypeError };

/** Of whatever was thrown. */
export function packError(error: unknown): ErrorMessage {
  if (!(error instanceof Error) && !(error instanceof DOMException))
    return { name: "Error", message: String((error as Partial<Error> | null)?.message ?? error) };
  const { name, message, stack } = error;
  return { name, message, ...(stack !== undefined && { stack }) };
}

/** The error again, of its class where that is known. */
export function unpackError({ name, message, stack }: ErrorMessage): Error {
  if (name === "AbortError" || name === "TimeoutError") return new DOMException(message, name);
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  const known = Object.entries(classes).find(([own]) => own === name)?.[1];
  if (known) Object.setPrototypeOf(error, known.prototype);
  if (known?.prototype instanceof WrongUse || known === WrongUse) Object.assign(error, { wrongUse: true });
  if (error.name !== name) Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return error;
}
