import { expect, test } from "vitest";
import { isLoopback } from "../../src/io/loopback.js";
import { parseEndpoint, requireLeave } from "../../src/loops/diagnostic/endpoint/address.js";

test.each(["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "127.1", "::1", "[::1]"])(
  "%s is its own machine",
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each(["127.evil.example", "127.0.0.1.nip.io", "localhost.evil.example", "10.0.0.1", "0.0.0.0", "::", "[::2]"])(
  "%s is another one",
  (host) => {
    expect(isLoopback(host)).toBe(false);
  },
);

test("questions go to a name that begins as this machine's address by leave only", () => {
  const leave = (address: string) => requireLeave(parseEndpoint(address, "m"), false, "It");
  expect(() => leave("http://127.evil.example/v1")).toThrow("add --allow-remote");
  expect(() => leave("http://127.1:8000/v1")).not.toThrow();
  expect(() => leave("http://models.localhost/v1")).not.toThrow();
});
