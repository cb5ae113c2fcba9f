import { afterAll, beforeAll } from "vitest";
import { openPage } from "./browser.js";
import type { api } from "./page.js";

declare global {
  /** What the test page offers. */
  var fewstep: typeof api;
}

/** The test page in a browser, for all tests of a file. */
export function openedPage(): Pick<Awaited<ReturnType<typeof openPage>>, "page" | "errors"> {
  let opened: Awaited<ReturnType<typeof openPage>>;
  beforeAll(async () => {
    opened = await openPage();
  }, 240_000);
  afterAll(() => opened?.close());
  return {
    get page() {
      return opened.page;
    },
    get errors() {
      return opened.errors;
    },
  };
}
