/**
 * What an answer may be: never our own failure, never silence, never secrets for strangers.
 *
 * The few statuses above 499 that a door documents stand here, each with its reason.
 */

import type { FuzzRequest } from "./request.ts";
import type { Outcome } from "./send.ts";
import { routesOf } from "./servers.ts";

type Documented = {
  readonly status: number;
  readonly endpoint: RegExp;
  readonly body: RegExp;
  readonly why: string;
};

export const documented: readonly Documented[] = [
  {
    status: 501,
    endpoint: / .*\/api\/v1(?:\/\*|\/scheduler|\/executor)?$/,
    body: /^$|not implemented/i,
    why: "calls that Mesos knows and this version does not do; docs/compatibility.md lists them",
  },
  {
    status: 502,
    endpoint: / \/(?:agent|slave)\/:id\/\*$/,
    body: /^\{"message":"The server at .* does not answer/,
    why: "the agent is registered, and its API is not to be reached: light agents have none",
  },
];

const permissions: ReadonlyMap<string, string> = new Map(
  Object.entries(routesOf).flatMap(([server, routes]) =>
    routes.map(({ method, path, permission }) => [`${server} ${method} ${path}`, permission] as const),
  ),
);

/** What is wrong with it; undefined: nothing. */
export function judge(request: FuzzRequest, outcome: Outcome): string | undefined {
  switch (outcome.kind) {
    case "refused":
      return `nothing listens: ${outcome.reason}`;
    case "silent":
      return `no answer, and the connection stays open (received so far: ${JSON.stringify(outcome.received)})`;
    case "closed":
      if (request.expects !== "answer") return undefined;
      return `the connection was closed without a whole answer (received: ${JSON.stringify(outcome.received)})`;
    case "left":
      return undefined;
    case "answered":
      return judgeAnswer(request, outcome);
    default:
      return outcome satisfies never;
  }
}

function judgeAnswer(
  request: FuzzRequest,
  answer: Extract<Outcome, { kind: "answered" }>,
): string | undefined {
  const { status, head, body } = answer;
  if (status < 200 || status > 599) return `status ${status} is none: ${head.slice(0, 200)}`;
  if (status >= 500 && !isDocumented(request, status, body))
    return `status ${status}, which this endpoint does not document: ${body.slice(0, 300)}`;
  const permission = permissions.get(`${request.server} ${request.endpoint}`);
  const isGuarded = permission !== undefined && permission !== "public";
  if (status < 300 && isGuarded && !request.isAuthorized) return `status ${status} without the token`;
  if (request.method !== "HEAD" && isJson(answer) && !parses(body))
    return `says that it is JSON and is none: ${body.slice(0, 300)}`;
  return undefined;
}

const isDocumented = ({ endpoint }: FuzzRequest, status: number, body: string): boolean =>
  documented.some((each) => each.status === status && each.endpoint.test(endpoint) && each.body.test(body));

/** Of longer ones only the start was kept. */
const isJson = ({ head, body, isStream }: Extract<Outcome, { kind: "answered" }>): boolean =>
  !isStream &&
  body.length > 0 &&
  /^content-type: *application\/json/im.test(head) &&
  Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0) === Buffer.byteLength(body);

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
