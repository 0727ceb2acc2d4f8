/**
 * Definitions of apps drawn from the schema that checks them, so that a new field is fuzzed by itself.
 */

import { appSchema } from "#wire/marathon/app-schema.ts";
import { podSchema } from "#wire/marathon/pod-schema.ts";
import type { Draw } from "./draw.ts";
import { drawId, type IdPool } from "./known-ids.ts";
import { oddNumbers, oddTexts } from "./odd-values.ts";

/** As much of JSON Schema as the schemas use. */
type Schema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
};

/** Small, and commands that do nothing wherever they run. */
export function drawApp(draw: Draw, ids: IdPool): unknown {
  const app = drawSchema(appSchema as unknown as Schema, draw, 4, draw.percent(70) ? 3 : 15) as Record<
    string,
    unknown
  >;
  const usual: Record<string, unknown> = {
    id: drawAppId(draw, ids),
    cmd: draw.pick(["sleep 1000", "sleep 0", "exit 1"]),
    cpus: draw.pick([0.01, 0.1, 1_000]),
    mem: draw.pick([16, 32, 1_000_000]),
    instances: draw.pick([0, 1, 1, 2, 5]),
  };
  for (const [name, value] of Object.entries(usual)) if (draw.percent(95)) app[name] = value;
  if (app.cmd !== undefined && draw.percent(90)) delete app.args;
  if (draw.percent(5)) app.version = drawId(draw, "version", ids);
  return app;
}

export function drawPod(draw: Draw, ids: IdPool): unknown {
  const pod = drawSchema(podSchema as unknown as Schema, draw, 5, draw.percent(70) ? 3 : 15) as Record<
    string,
    unknown
  >;
  const container = (name: string): unknown => ({
    name,
    resources: { cpus: draw.pick([0.01, 0.1, 1_000]), mem: 16 },
    exec: { command: { shell: draw.pick(["sleep 1000", "sleep 0", "exit 1"]) } },
  });
  const usual: Record<string, unknown> = {
    id: drawAppId(draw, ids),
    containers: ["a", "b", "a"].slice(draw.below(3)).map(container),
    scaling: { kind: "fixed", instances: draw.pick([0, 1, 1, 2]) },
  };
  for (const [name, value] of Object.entries(usual)) if (draw.percent(95)) pod[name] = value;
  return pod;
}

const drawAppId = (draw: Draw, ids: IdPool): string =>
  draw.percent(70)
    ? `/fuzz/${draw.pick(["a", "b", "c", "d/e", "d/f", "g/h/i", "j", "k", "l", "m"])}`
    : drawId(draw, "app", ids);

function drawSchema(schema: Schema, draw: Draw, depth: number, share: number): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return draw.pick(schema.enum);
  if (schema.anyOf !== undefined) return drawSchema(draw.pick(schema.anyOf), draw, depth, share);
  switch (schema.type) {
    case "object":
      return drawObject(schema, draw, depth, share);
    case "array":
      return Array.from({ length: draw.below(4) }, () => drawSchema(schema.items ?? {}, draw, depth - 1, 50));
    case "string":
      return draw.percent(70) ? `fuzz${draw.below(9)}` : draw.pick(oddTexts);
    case "boolean":
      return draw.percent(50);
    case "integer":
    case "number":
      return drawNumber(schema, draw);
    default:
      return draw.pick<unknown>([null, 1, "a", {}, [], { a: [1] }]);
  }
}

function drawNumber({ type, minimum = 0, maximum = 100 }: Schema, draw: Draw): number {
  if (draw.percent(15)) return draw.pick(oddNumbers);
  if (draw.percent(25)) return draw.pick([minimum, maximum]);
  const small = minimum + draw.below(Math.max(1, Math.min(10, maximum - minimum)));
  return type === "integer" ? Math.round(small) : small + 0.25;
}

function drawObject(schema: Schema, draw: Draw, depth: number, share: number): unknown {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const isRequired = schema.required?.includes(name) === true;
    if (isRequired || (depth > 0 && draw.percent(share)))
      result[name] = drawSchema(member, draw, depth - 1, 50);
  }
  const more = schema.additionalProperties;
  if (typeof more === "object")
    for (let count = draw.below(4); count > 0; count -= 1)
      Object.defineProperty(result, draw.percent(60) ? `K${draw.below(5)}` : draw.pick(oddTexts), {
        value: drawSchema(more, draw, depth - 1, 50),
        enumerable: true,
        configurable: true,
        writable: true,
      });
  return result;
}
