/**
 * What checks and health checks have in common, between Mesos's messages and our own terms: how they look after a
 * task, and when.
 *
 * Faults are Mesos's sentences. Of a command's message the user and the files to fetch count for nothing, as in
 * Mesos: it runs as its task does.
 */

import { limits } from "#base/limits.ts";
import type { CheckTimes, CommandProbe, HttpProbe, IpFamily, TcpProbe } from "#model/task.ts";
import type { EnumOf, MessageOf } from "../proto/tables.ts";
import { secondsOf } from "./basics.ts";
import { commandMessage, commandWithoutSecrets } from "./command.ts";
import { type Translated, translated, untranslated } from "./translated.ts";

/** Which of the two is at fault, as its sentences name it. */
export type CheckName = "check" | "health check";

type HttpParts = {
  readonly port: number;
  readonly path?: string | undefined;
  readonly scheme?: string | undefined;
  readonly protocol?: EnumOf<"NetworkInfo.Protocol"> | undefined;
  readonly statuses?: readonly number[] | undefined;
};

export function commandProbe(
  message: MessageOf<"CommandInfo"> | undefined,
  name: CheckName,
): Translated<CommandProbe> {
  if (message === undefined) return untranslated(`Expecting 'command' to be set for COMMAND ${name}`);
  const { uris: _uris, user: _user, ...said } = message;
  if (said.value === undefined)
    return untranslated(
      `Command ${name} must contain ${(said.shell ?? true) ? "'shell command'" : "'executable path'"}`,
    );
  const run = commandWithoutSecrets(said);
  const whose = name === "check" ? "Check's" : "Health check's";
  if (!run.ok) return untranslated(`${whose} \`CommandInfo\` is invalid: ${run.fault}`);
  const { command, env } = run.value;
  return translated(Object.keys(env).length === 0 ? { command } : { command, env });
}

export function httpProbe(message: HttpParts | undefined, name: CheckName): Translated<HttpProbe> {
  if (message === undefined) return untranslated(`Expecting 'http' to be set for HTTP ${name}`);
  const { port, path, scheme = "http", protocol, statuses = [] } = message;
  if (scheme !== "http" && scheme !== "https")
    return untranslated(`Unsupported HTTP ${name} scheme: '${scheme}'`);
  if (path !== undefined && !path.startsWith("/"))
    return untranslated(`The path '${path}' of HTTP ${name} must start with '/'`);
  if (path !== undefined && path.length > limits.stringLengthMax)
    return untranslated(`The path of HTTP ${name} is longer than ${limits.stringLengthMax} characters`);
  if (statuses.length > limits.checkStatusesMax)
    return untranslated(`An HTTP ${name} may name ${limits.checkStatusesMax} statuses`);
  const fault = portFault(port, name);
  if (fault !== undefined) return untranslated(fault);
  const http = { scheme, port, path: path ?? "/", family: familyOf(protocol) } as const;
  return translated({ http: statuses.length === 0 ? http : { ...http, statuses } });
}

export function tcpProbe(
  message: Pick<HttpParts, "port" | "protocol"> | undefined,
  name: CheckName,
): Translated<TcpProbe> {
  if (message === undefined) return untranslated(`Expecting 'tcp' to be set for TCP ${name}`);
  const { port, protocol } = message;
  const fault = portFault(port, name);
  return fault === undefined
    ? translated({ tcp: { port, family: familyOf(protocol) } })
    : untranslated(fault);
}

const portFault = (port: number, name: CheckName): string | undefined =>
  port >= 1 && port <= 65_535 ? undefined : `The port ${port} of the ${name} is not between 1 and 65535`;

const familyOf = (protocol: EnumOf<"NetworkInfo.Protocol"> | undefined): IpFamily =>
  protocol === "IPv6" ? "IPv6" : "IPv4";

type TimesMessage = {
  readonly delay_seconds?: number | undefined;
  readonly interval_seconds?: number | undefined;
  readonly timeout_seconds?: number | undefined;
};

export function checkTimes(message: TimesMessage): Translated<CheckTimes> {
  const delay = durationOf("delay_seconds", message.delay_seconds ?? 15);
  const interval = durationOf("interval_seconds", message.interval_seconds ?? 10);
  const timeout = durationOf("timeout_seconds", message.timeout_seconds ?? 20);
  if (!delay.ok) return delay;
  if (!interval.ok) return interval;
  if (!timeout.ok) return timeout;
  return translated({
    delayMs: delay.value,
    // A check without a pause between its runs would be a busy loop.
    intervalMs: Math.max(interval.value, intervalMsMin),
    // What rounds to nothing is not the nothing that means for ever.
    timeoutMs: message.timeout_seconds === 0 ? 0 : Math.max(1, timeout.value),
  });
}

const secondsMax = 10 * 365 * 86_400;
const intervalMsMin = 100;

export const durationOf = (name: string, seconds: number): Translated<number> =>
  seconds >= 0 && seconds <= secondsMax
    ? translated(Math.round(seconds * 1_000))
    : untranslated(`Expecting '${name}' to be non-negative`);

export const timesMessage = ({ delayMs, intervalMs, timeoutMs }: CheckTimes) => ({
  delay_seconds: secondsOf(delayMs),
  interval_seconds: secondsOf(intervalMs),
  timeout_seconds: secondsOf(timeoutMs),
});

export function commandProbeMessage({ command, env = {} }: CommandProbe): MessageOf<"CommandInfo"> {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value, type: "VALUE" }) as const);
  return {
    ...commandMessage(command),
    ...(variables.length === 0 ? {} : { environment: { variables } }),
  };
}
