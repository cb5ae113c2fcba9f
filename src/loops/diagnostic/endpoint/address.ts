import { showUrl } from "../../../io/fetch.js";
import { isLoopback } from "../../../io/loopback.js";
import { WrongUse } from "../../../io/wrong-use.js";

/** Where a model is asked: the base address of an OpenAI-compatible server, and the model's name there. */
export interface Endpoint {
  /** Ends before `/chat/completions`. */
  base: URL;
  model: string;
}

/** The environment variable that a token is read from; it is sent, and neither shown nor kept. */
export const TOKEN_VARIABLE = "FEWSTEP_API_KEY";

/** Whether what stands in place of a model is an address. */
export const isAddress = (location: string): boolean => /^https?:\/\//i.test(location);

/** @throws WrongUse where it is no address that questions can be sent to */
export function parseEndpoint(location: string, model: string): Endpoint {
  if (!URL.canParse(location) || !isAddress(location))
    throw new WrongUse(`${location} is no address; give one such as http://127.0.0.1:8000/v1.`);
  const base = new URL(location);
  if (base.username || base.password)
    throw new WrongUse(
      `An address with a user name or password is not asked; give ${showUrl(base)} and put the token into ${TOKEN_VARIABLE}.`,
    );
  if (model === "") throw new WrongUse("The name of the endpoint's model is empty; give one with --model.");
  base.pathname = base.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  base.hash = "";
  return { base, model };
}

/** Where chats are completed. */
export function completionsUrl({ base }: Endpoint): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}/chat/completions`;
  return url;
}

/** Whether what is sent to an address stays on this machine. */
export const staysHere = ({ hostname }: URL): boolean => isLoopback(hostname) || hostname.endsWith(".localhost");

/** @throws WrongUse where questions would leave this machine without leave; the message says what would be sent */
export function requireLeave({ base }: Endpoint, allowRemote: boolean, what: string): void {
  if (allowRemote || staysHere(base)) return;
  throw new WrongUse(
    `${showUrl(base)} is not this machine. ${what} would be sent there; add --allow-remote if that is what you want.`,
  );
}
