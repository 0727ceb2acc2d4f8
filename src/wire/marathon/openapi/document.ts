/**
 * The OpenAPI 3.1 document of Marathon's API, made of its operations and the schemas that check requests.
 */

import type { Json } from "../app-format.ts";
import { type ApiOperation, apiOperations, queryParameters } from "./operations.ts";
import { type ApiSchemaName, apiSchemas } from "./schemas.ts";

/** `version`: of the release that serves it. */
export function openApiDocument(version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of apiOperations) {
    paths[operation.path] ??= pathItem(operation.path);
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: formatOperation(operation) });
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Unum: apps and pods",
      summary: "The API that clients of Marathon use",
      description:
        "Ids of apps, pods and groups have slashes, and stand in paths as they are: /v2/apps/shop/web/tasks.",
      version,
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: apiSchemas,
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

const pathItem = (path: string): Record<string, unknown> => {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  if (names.length === 0) return {};
  const schema = { type: "string" };
  return { parameters: names.map((name) => ({ name, in: "path", required: true, schema })) };
};

const formatOperation = ({ method, path, summary, query = [], body, answers }: ApiOperation): Json => ({
  operationId: operationId(method, path),
  summary,
  ...(query.length === 0
    ? {}
    : {
        parameters: query.map((name) => ({
          name,
          in: "query",
          description: queryParameters[name],
          schema: { type: "string" },
        })),
      }),
  ...(body === undefined
    ? {}
    : { requestBody: { required: true, content: { "application/json": { schema: reference(body) } } } }),
  responses: Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [status, formatAnswer(Number(status), answer)]),
  ),
});

function formatAnswer(status: number, answer: ApiOperation["answers"][number]): Json {
  const description = descriptions[status] ?? "Done";
  if (answer === "empty") return { description };
  if (answer === "text") return { description, content: { "text/plain": { schema: { type: "string" } } } };
  if (answer === "events") {
    return { description, content: { "text/event-stream": { schema: { type: "string" } } } };
  }
  return { description, content: { "application/json": { schema: reference(answer) } } };
}

const descriptions: Readonly<Record<number, string>> = {
  201: "Created",
  202: "Accepted",
  204: "Done, and nothing to say",
  400: "The request cannot be read",
  404: "There is no such thing",
  409: "It exists already, or a deployment is in the way",
  422: "A rule is broken; the details name each field",
};

const reference = (name: ApiSchemaName): Json => ({ $ref: `#/components/schemas/${name}` });

/** `get_v2_apps_appId_versions`. */
export const operationId = (method: string, path: string): string =>
  `${method}${path.replaceAll(/[{}]/g, "").replaceAll(/[^A-Za-z0-9]+/g, "_")}`;
