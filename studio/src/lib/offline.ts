/**
 * Keeps the page for use without a network. Where the host sends no headers for several threads, the service worker
 * adds them: the page is then loaded once more, so that it has them from the start; but not where somebody has already
 * done something on it, which would be lost. It then computes with one thread until it is opened again.
 */
export async function startOffline(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  let begun = false;
  for (const kind of ["pointerdown", "keydown", "drop"])
    addEventListener(kind, () => (begun = true), { once: true, capture: true });
  try {
    await navigator.serviceWorker.register("./sw.js");
    if (self.crossOriginIsolated || sessionStorage.getItem("isolated")) return;
    await navigator.serviceWorker.ready;
    if (begun) return;
    sessionStorage.setItem("isolated", "tried");
    location.reload();
  } catch {
    // A host without a secure address: the page works, but only with a network.
  }
}
