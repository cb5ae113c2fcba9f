/** Whether this is Node.js; in the package's build for browsers never. */
export const inNode: boolean = typeof process !== "undefined" && process.versions?.node !== undefined;
