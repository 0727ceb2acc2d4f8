/**
 * One request as it goes over the wire: pieces of bytes, and how the connection ends.
 *
 * What it is stays beside it, to judge the answer by and to tell somebody how to send it again.
 */

import type { ServerName } from "./servers.ts";

/** What must come of it. A request that is none in HTTP's eyes may also just have its connection closed. */
export type Expectation = "answer" | "answer-or-close" | "nothing";

export type FuzzRequest = {
  readonly number: number;
  readonly server: ServerName;
  /** The endpoint that it is meant for. */
  readonly endpoint: string;
  readonly method: string;
  /** Between two of them the server gets to run. */
  readonly pieces: readonly Uint8Array[];
  /** After the last piece: wait for the answer, say that no more comes, or be gone. */
  readonly ending: "wait" | "half-close" | "vanish";
  readonly expects: Expectation;
  readonly isAuthorized: boolean;
};

const shownBytesMax = 4_096;
const hidden = "@TOKEN@";

/** The token is not told, in whichever way it was sent: it is read where the reader keeps it. */
const withoutToken = ({ pieces, isAuthorized }: FuzzRequest): string => {
  const text = Buffer.concat(pieces).toString("latin1");
  return isAuthorized ? text.replaceAll(/^Authorization: .*$/gm, `Authorization: Bearer ${hidden}\r`) : text;
};

export function repeatCommand(request: FuzzRequest, seed: number, address: string, port: number): string {
  const byNumber = `npm run fuzz -- --seed ${seed} --only ${request.number}`;
  const text = withoutToken(request);
  if (text.length > shownBytesMax) return byNumber;
  const base64 = Buffer.from(text, "latin1").toString("base64");
  return `${byNumber}\n  or: echo ${base64} | base64 -d | sed "s/${hidden}/$TOKEN/" | nc -q 5 ${address} ${port}`;
}

/** The first line and a little more, to be looked at. */
export const describeRequest = (request: FuzzRequest): string => {
  const { number, server, endpoint } = request;
  const shown = withoutToken(request)
    .replace(/[^\x20-\x7e\n]/g, (character) => (character === "\r" ? "" : "?"))
    .slice(0, 900);
  return `request ${number} to the ${server}, meant for ${endpoint}:\n${shown.replace(/^/gm, "  | ")}`;
};
