/**
 * What `unum up` writes: whole lines, and one line of progress that is overwritten where there is a terminal.
 */

export interface Terminal {
  readonly say: (text: string) => void;
  /** Replaces the progress shown before; without a terminal each text is a line, once. */
  readonly progress: (text: string) => void;
}

const clearLine = "\r\u001b[K";

export function createTerminal(output: NodeJS.WriteStream = process.stdout): Terminal {
  let shown = "";
  // A reader that is gone (a closed pipe) must not end the cluster.
  output.on("error", () => {});
  return {
    say: (text) => {
      output.write(`${shown !== "" && output.isTTY ? clearLine : ""}${text}\n`);
      shown = "";
    },
    progress: (text) => {
      if (text === shown) return;
      output.write(output.isTTY ? `${clearLine}${text}` : `${text}\n`);
      shown = text;
    },
  };
}
