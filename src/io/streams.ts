/** Any stream that says where it fails. */
interface Failing {
  on(event: "error", listener: () => void): unknown;
}

const outlived = new WeakSet<Failing>();

/**
 * Makes a stream of messages harmless: where its reader has gone (`| head`, a closed terminal) or its disk is full,
 * what is written to it is lost, and nothing else.
 */
export function outliveReader(stream: Failing): void {
  if (outlived.has(stream)) return;
  outlived.add(stream);
  stream.on("error", () => {});
}
