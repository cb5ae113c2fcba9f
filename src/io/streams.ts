const outlived = new WeakSet<NodeJS.EventEmitter>();

/**
 * Makes a stream of messages harmless: where its reader has gone (`| head`, a closed terminal) or its disk is full,
 * what is written to it is lost, and nothing else.
 */
export function outliveReader(stream: NodeJS.EventEmitter): void {
  if (outlived.has(stream)) return;
  outlived.add(stream);
  stream.on("error", () => {});
}
