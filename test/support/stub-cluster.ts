/**
 * A small HTTP server in the place of a cluster's gateway, and a command run against it.
 *
 * Answers are recorded ones; a route may hold several, the last of which stays. Requests are kept, so that
 * tests see what a command really asked for.
 */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { CliIo } from "#cli/command.ts";
import { runCli } from "#cli/run.ts";
import { proofOf, proofPath } from "#shell/http/proof.ts";

export type StubAnswer = {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
};
export type StubRequest = {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly authorization: string | undefined;
};
/** By `GET /v2/apps`, with the query, or without it for any query. */
export type StubRoutes = Readonly<
  Record<string, readonly StubAnswer[] | ((request: StubRequest) => StubAnswer)>
>;

export type StubCluster = {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  /** What it proves to know to whoever asks before sending a token. */
  token: string;
  readonly close: () => Promise<void>;
};

export async function startStubCluster(routes: StubRoutes): Promise<StubCluster> {
  const requests: StubRequest[] = [];
  const asked = new Map<string, number>();
  const answer = (request: StubRequest): StubAnswer => {
    const key = `${request.method} ${request.path}`;
    const name = key in routes ? key : (key.split("?")[0] ?? key);
    const route = routes[name];
    if (route === undefined) return { status: 404, body: { message: `no route ${key}` } };
    if (typeof route === "function") return route(request);
    const count = asked.get(name) ?? 0;
    asked.set(name, count + 1);
    return route[Math.min(count, route.length - 1)] ?? { status: 500, body: { message: "no answer left" } };
  };
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const request: StubRequest = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        body: text === "" ? undefined : JSON.parse(text),
        authorization: incoming.headers.authorization,
      };
      if (request.path.startsWith(proofPath)) {
        const challenge = new URLSearchParams(request.path.split("?")[1]).get("challenge") ?? "";
        outgoing.end(JSON.stringify({ proof: proofOf(stub.token, incoming.headers.host ?? "", challenge) }));
        return;
      }
      requests.push(request);
      const { status = 200, headers = {}, body } = answer(request);
      outgoing.writeHead(status, { "Content-Type": "application/json", ...headers });
      outgoing.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stub: StubCluster = {
    url: `http://127.0.0.1:${port}`,
    requests,
    token: "secret-of-the-file",
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return stub;
}

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly terminal?: boolean;
  readonly signal?: AbortSignal;
  /** Given all that was written so far, whenever something is written to standard output. */
  readonly onOutput?: (text: string) => void;
};

/** The clock of every test: ages come out the same for ever. */
export const stubNowMs = Date.parse("2030-01-01T12:00:00Z");

/** Runs a command as from a shell in an empty directory, with nothing else in its environment. */
export async function runUnum(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const output = (name: "stdout" | "stderr"): CliIo["stdout"] => ({
    write: (text) => {
      written[name] += text;
      if (name === "stdout") options.onOutput?.(written.stdout);
    },
    isTerminal: options.terminal === true,
    columns: 120,
  });
  const code = await runCli(argv, {
    stdout: output("stdout"),
    stderr: output("stderr"),
    readStdin: async () => options.stdin ?? "",
    env: { HOME: "/nonexistent", ...options.env },
    cwd: options.cwd ?? "/nonexistent",
    packageDirectory: "/nonexistent",
    signal: options.signal ?? new AbortController().signal,
    nowMs: () => stubNowMs,
  });
  return { code, ...written };
}

/** The commands and what they said, for a golden file. Ports of stub servers are written as PORT. */
export function formatScript(
  steps: readonly { readonly argv: readonly string[]; readonly outcome: Outcome }[],
): string {
  return steps
    .map(({ argv, outcome: { code, stdout, stderr } }) =>
      [`$ unum ${argv.join(" ")}`, stdout.trimEnd(), stderr.trimEnd(), `(exit ${code})`]
        .filter((part) => part !== "")
        .join("\n"),
    )
    .join("\n\n")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .concat("\n");
}
