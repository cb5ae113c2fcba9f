/** Lets `act` change several lists as one: one exchange instead of many. */
export async function together(
  lists: readonly Float32Array[],
  act: (all: Float32Array) => Promise<void>,
): Promise<void> {
  const all = new Float32Array(lists.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const list of lists) {
    all.set(list, at);
    at += list.length;
  }
  await act(all);
  at = 0;
  for (const list of lists) list.set(all.subarray(at, (at += list.length)));
}
