/** Whether a host, a name or an address with or without brackets, is its own machine. A name that only begins as one is not. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "").toLowerCase();
  return name === "localhost" || name === "::1" || /^127(?:\.\d+){1,3}$/.test(name);
}
