/** The token of the server that serves this page; without one there are no trainings. */
const token = document.querySelector<HTMLMetaElement>('meta[name="fewstep-token"]')?.content ?? "";

/** Asks the studio's server; whatever goes wrong is an error whose message is a sentence for the person. */
export async function api<T>(path: string, { method = "GET", body, signal }: Request = {}): Promise<T> {
  const response = await fetch(`./api/${path}`, {
    method,
    signal,
    headers: { "x-fewstep-token": token, ...(body !== undefined && { "content-type": "application/json" }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    if (error.name === "AbortError") throw error;
    throw new Error("The studio's server does not answer. Trainings go on without it; start fewstep studio again.");
  });
  if (response.status === 401)
    throw new Error("The studio was started anew since this page was loaded: reload the page.");
  if (response.status === 204) return undefined as T;
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(answer?.error?.message ?? `The server answers with ${response.status}.`);
  return answer as T;
}

interface Request {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

/** The address of a file of a run. */
export const runFile = (name: string, ...path: string[]): string =>
  `./api/runs/${[name, ...path].map(encodeURIComponent).join("/")}`;
