/** Keeps values by key beyond a page's life: what structured cloning copies. */
export interface Store {
  get(key: string): Promise<unknown>;
  /** All of them or, where it fails, none. */
  set(entries: Readonly<Record<string, unknown>>): Promise<void>;
  clear(): Promise<void>;
}

/** For pages whose browser keeps nothing, and for tests. */
export function memoryStore(): Store {
  const values = new Map<string, unknown>();
  return {
    get: async (key) => structuredClone(values.get(key)),
    async set(entries) {
      for (const [key, value] of Object.entries(structuredClone(entries))) values.set(key, value);
    },
    clear: async () => values.clear(),
  };
}

/** A database of the browser (IndexedDB), of this origin; made where there is none. */
export async function browserStore(name: string): Promise<Store> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("values");
  const database = await done(opening);
  const act = async <T>(mode: IDBTransactionMode, use: (values: IDBObjectStore) => IDBRequest<T> | null) => {
    const transaction = database.transaction("values", mode);
    const request = use(transaction.objectStore("values"));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(notKept(transaction.error));
    });
    return request?.result;
  };
  return {
    get: (key) => act("readonly", (values) => values.get(key)),
    async set(entries) {
      await act("readwrite", (values) => {
        for (const [key, value] of Object.entries(entries)) values.put(value, key);
        return null;
      });
    },
    clear: async () => void (await act("readwrite", (values) => values.clear())),
  };
}

/** Takes a name for as long as this page or worker lives; false where another one has it. */
export const only = (name: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock && new Promise<void>(() => {});
      })
      .catch(reject);
  });

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(notKept(request.error));
  });

const notKept = (error: DOMException | null) =>
  new Error(
    error?.name === "QuotaExceededError"
      ? "The browser's storage is full: free some space, or train on fewer pictures."
      : `The browser's storage cannot be used: ${error?.message ?? "the transaction was aborted"}.`,
    { cause: error },
  );
