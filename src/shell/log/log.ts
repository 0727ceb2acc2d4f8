/**
 * Log lines for people and for grep: time, level, who, what happened, and `name=value` details.
 *
 * Invariant: one event is one line, whatever the texts hold. Callers never pass secrets; nothing here could
 * tell them from other text.
 */

export type LogDetails = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  info(text: string, details?: LogDetails): void;
  warn(text: string, details?: LogDetails): void;
  error(text: string, details?: LogDetails): void;
}

/** `who`: the program, for example `master` or `agent-1`. */
export function createLog(who: string, write: (line: string) => void = writeToStderr): Log {
  const line = (level: string, text: string, details: LogDetails = {}): void => {
    const parts = [new Date().toISOString(), level, `${who}:`, oneLine(text)];
    for (const [name, value] of Object.entries(details)) {
      if (value !== undefined) parts.push(`${name}=${quote(String(value))}`);
    }
    write(`${parts.join(" ")}\n`);
  };
  return {
    info: (text, details) => line("INFO ", text, details),
    warn: (text, details) => line("WARN ", text, details),
    error: (text, details) => line("ERROR", text, details),
  };
}

/** For those who are told of a defect that costs one stream: `what` could not be written to it. */
export const logsUnwritten =
  (log: Log, what: string) =>
  (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error(`${what} could not be written, and its stream is ended: ${stack}`);
  };

const writeToStderr = (line: string): void => {
  process.stderr.write(line);
};

/** Control characters could forge a line or drive the terminal. */
const oneLine = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  text.replace(/\s*\n\s*/g, " | ").replace(/[\u0000-\u001f\u007f-\u009f]/g, "?");

const quote = (value: string): string =>
  /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(oneLine(value));
