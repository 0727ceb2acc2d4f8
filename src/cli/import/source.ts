/**
 * The other Marathon, as far as it is asked: its groups with all that is in them. It is only read.
 */

import { ClientError, createHttpClient, type HttpClient } from "#shell/http/client.ts";
import { type ForeignItem, readForeignGroups } from "#wire/marathon/foreign-groups.ts";
import { CliError, exitCodes, usageError } from "../command.ts";
import { type Json, textAt, toRecord } from "../json.ts";

export type Source = {
  readonly url: string;
  /** As it says itself; undefined: it does not. */
  readonly version: string | undefined;
  readonly items: readonly ForeignItem[];
};

const embeds = ["group.groups", "group.apps", "group.pods"];

/** `authorization`: the header's value, for a Marathon that asks for one. */
export async function readSource(url: string, authorization: string | undefined): Promise<Source> {
  const { origin, prefix } = partsOf(url);
  const client = createHttpClient({ baseUrl: origin });
  const headers: Readonly<Record<string, string>> = authorization === undefined ? {} : { authorization };
  try {
    const query = embeds.map((embed) => `embed=${embed}`).join("&");
    const root = await read(client, `${prefix}/v2/groups?${query}`, headers, url);
    if (!Array.isArray(toRecord(root).apps) && !Array.isArray(toRecord(root).groups)) {
      throw new CliError(
        `${url} is no Marathon: GET /v2/groups answered without apps and groups`,
        exitCodes.failure,
        "Give the address under which /v2/info is found, such as http://leader:8080.",
      );
    }
    const info = await read(client, `${prefix}/v2/info`, headers, url).catch(() => undefined);
    return { url, version: textAt(info, "version"), items: readForeignGroups(root) };
  } finally {
    await client.close();
  }
}

function partsOf(url: string): { readonly origin: string; readonly prefix: string } {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw usageError(`"${url}" is no address of a Marathon`, "Write it as http://HOST:PORT.");
  }
  const { origin, pathname } = new URL(url);
  return { origin, prefix: pathname.replace(/\/+$/, "") };
}

async function read(
  client: HttpClient,
  path: string,
  headers: Readonly<Record<string, string>>,
  url: string,
): Promise<Json> {
  try {
    const { status, json } = await client.request({ method: "GET", path, headers, isPatient: true });
    if (status === 200) return json;
    const advice =
      status === 401 || status === 403
        ? "Give what it wants in its Authorization header with --source-auth FILE."
        : undefined;
    throw new CliError(`${url} answered ${status} to GET ${path}`, exitCodes.failure, advice);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    throw new CliError(`cannot read ${url}: ${error.message}`, exitCodes.unreachable);
  }
}
