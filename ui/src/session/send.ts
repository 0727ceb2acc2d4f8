/**
 * Requests of the page to the gateway's own APIs, with the page key where they change something.
 *
 * An answer that is no success becomes an `ApiError` in words, with what is wrong where in the body.
 */

import { checkKey, sessionHeader, sessionKey } from "./session.ts";

export type Detail = { readonly path: string; readonly errors: readonly string[] };

export class ApiError extends Error {
  readonly status: number;
  readonly details: readonly Detail[];
  constructor(status: number, message: string, details: readonly Detail[]) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

export type Answer = { readonly json: unknown; readonly headers: Headers };

export async function send(method: string, path: string, body?: unknown): Promise<Answer> {
  const answer = await reach(method, path, body);
  const text = await answer.text();
  const json = parse(text);
  if (!answer.ok) throw toError(answer.status, json, text);
  return { json, headers: answer.headers };
}

/** The answer as it comes, for files and streams. */
export async function reach(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  const key = sessionKey();
  if (key !== null) headers[sessionHeader] = key;
  if (body !== undefined) headers["content-type"] = "application/json";
  const request: RequestInit = { method, headers };
  if (body !== undefined) request.body = JSON.stringify(body);
  const answer = await fetch(path, request).catch(() => {
    throw new ApiError(0, "The cluster does not answer. Is it running, and is the network there?", []);
  });
  // Others say 403, too: a plugin, or an agent.
  if (answer.status === 403 && key !== null && method !== "GET") await checkKey().catch(() => undefined);
  return answer;
}

export const get = async <Value>(path: string): Promise<Value> => (await send("GET", path)).json as Value;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toError(status: number, json: unknown, text: string): ApiError {
  if (json !== null && typeof json === "object" && "message" in json) {
    const details = "details" in json && Array.isArray(json.details) ? json.details.filter(isDetail) : [];
    return new ApiError(status, String(json.message), details);
  }
  return new ApiError(status, text.trim().slice(0, 500) || `The cluster answered with status ${status}`, []);
}

const isDetail = (detail: unknown): detail is Detail =>
  detail !== null && typeof detail === "object" && "path" in detail && "errors" in detail;

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
