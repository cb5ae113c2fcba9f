import { type FileHandle, open, readFile, truncate } from "node:fs/promises";
import { Account, type LedgerLine, ledgerLine, type Spent } from "./ledger-lines.js";

/**
 * A file of lines, one for each thing that happens to a call, each on the disk before what it announces is done: whatever
 * ends the process, the file says what was asked, what came of it, and what was under way.
 */
export class Ledger implements AsyncDisposable {
  private lines: string[] = [];
  private waiting: Promise<void> | null = null;
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: FileHandle,
    private readonly account: Account,
  ) {}

  /**
   * Opens one, or begins it. What a process that is gone has written in part is cut off; its calls under way are lost.
   * @throws Error where it is damaged, with the line
   */
  static async open(path: string): Promise<Ledger> {
    const account = await replay(path);
    const ledger = new Ledger(await open(path, "a"), account);
    const lost = account.underway();
    await Promise.all(lost.map(([call, item]) => ledger.append({ kind: "lost", call, item })));
    return ledger;
  }

  answer(item: string): string | undefined {
    return this.account.answer(item);
  }

  /** Enters a call that is about to be made; it may be made when this has ended. */
  async reserve(item: string): Promise<number> {
    const call = this.account.next();
    await this.append({ kind: "reserved", call, item, at: new Date().toISOString() });
    return call;
  }

  settle(line: Exclude<LedgerLine, { kind: "reserved" | "lost" }>): Promise<void> {
    return this.append(line);
  }

  spent(): Spent {
    return this.account.spent();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file.close();
  }

  /** Lines that come while others are written go together with the next. */
  private append(line: LedgerLine): Promise<void> {
    this.account.enter(line);
    this.lines.push(`${JSON.stringify(line)}\n`);
    this.waiting ??= this.writing.then(() => {
      const text = this.lines.join("");
      [this.lines, this.waiting] = [[], null];
      this.writing = this.file.appendFile(text).then(() => this.file.datasync());
      return this.writing;
    });
    return this.waiting;
  }
}

/** What a ledger says, without changing it. @throws as `Ledger.open` */
export const readLedger = async (path: string): Promise<Spent> => (await replay(path, false)).spent();

async function replay(path: string, mend = true): Promise<Account> {
  const account = new Account();
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const end = bytes.lastIndexOf(10) + 1;
  if (end < bytes.length && mend) await truncate(path, end);
  const lines = bytes.subarray(0, end).toString("utf8").split("\n").slice(0, -1);
  for (const [i, text] of lines.entries()) {
    try {
      account.enter(ledgerLine.parse(JSON.parse(text)));
    } catch (cause) {
      const why =
        cause instanceof SyntaxError || !(cause as Error).message ? "it is no line of a ledger" : reason(cause);
      throw new Error(`${path} is damaged in line ${i + 1}: ${why}. Begin anew in another folder.`, { cause });
    }
  }
  return account;
}

const reason = (error: unknown): string =>
  (error as Error).name === "ZodError" ? "it is no line of a ledger" : (error as Error).message;
