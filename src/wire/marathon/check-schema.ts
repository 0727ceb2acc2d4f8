/**
 * The shapes of an app's readiness checks, of its check by the agent, and of what an executor takes.
 *
 * Part of the app's schema; defaults and rules between fields are `readiness-parse.ts`'s business.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";

const optional = Type.Optional;
const text = () => Type.String({ maxLength: limits.stringLengthMax });
const seconds = (minimum = 0) => Type.Integer({ minimum, maximum: limits.durationSecondsMax });
const amount = (minimum: number, maximum: number) => Type.Number({ minimum, maximum });

export const readinessCheckSchema = Type.Object({
  name: optional(Type.String({ minLength: 1, maxLength: limits.idLengthMax })),
  protocol: optional(Type.Enum(["HTTP", "HTTPS"])),
  path: optional(Type.String({ minLength: 1, maxLength: limits.stringLengthMax })),
  portName: optional(Type.String({ maxLength: limits.idLengthMax })),
  intervalSeconds: optional(seconds()),
  timeoutSeconds: optional(seconds(1)),
  httpStatusCodesForReady: optional(
    Type.Array(Type.Integer({ minimum: 100, maximum: 999 }), { maxItems: limits.checkStatusesMax }),
  ),
  preserveLastResponse: optional(Type.Boolean()),
});
export type ReadinessCheckJson = Static<typeof readinessCheckSchema>;

const port = () => Type.Integer({ minimum: 0, maximum: 65_535 });

export const appCheckSchema = Type.Object({
  http: optional(
    Type.Object({
      portIndex: optional(port()),
      port: optional(port()),
      path: optional(text()),
      scheme: optional(Type.Enum(["HTTP", "HTTPS"])),
    }),
  ),
  tcp: optional(Type.Object({ portIndex: optional(port()), port: optional(port()) })),
  exec: optional(
    Type.Object({
      command: Type.Object({
        shell: optional(text()),
        argv: optional(Type.Array(text(), { maxItems: limits.argumentsMax })),
      }),
    }),
  ),
  intervalSeconds: optional(seconds()),
  timeoutSeconds: optional(seconds()),
  delaySeconds: optional(seconds()),
});
export type AppCheckJson = Static<typeof appCheckSchema>;

export const executorResourcesSchema = Type.Object({
  cpus: optional(amount(0.1, limits.cpusMax)),
  mem: optional(amount(32, limits.megabytesMax)),
  disk: optional(amount(10, limits.megabytesMax)),
});
export type ExecutorResourcesJson = Static<typeof executorResourcesSchema>;
