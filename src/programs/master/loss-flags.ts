/**
 * The flags about how many agents may be lost at a time, two of them in Mesos's form.
 */

import { lossLimitsUsual } from "#core/master/agent-losses.ts";
import type { AgentLossLimits } from "#core/master/types.ts";
import { formatDuration, parseDuration } from "#wire/mesos/durations.ts";
import { type FlagKind, type Flags, UsageError } from "../flags.ts";

export const lossFlags = {
  "agent-removal-rate-limit": "text",
  "agent-loss-stop": "text",
  "recovery-agent-removal-limit": "text",
} as const satisfies Readonly<Record<string, FlagKind>>;

const { rate, stop } = lossLimitsUsual;

export const lossHelp = `  --agent-removal-rate-limit N/DURATION
                        so many agents at most are marked unreachable within that time; or none, for no limit
                        (${rate?.agents}/${formatDuration(rate?.withinMs ?? 0)})
  --agent-loss-stop PERCENT
                        while a larger share of the agents, and at least ${stop?.agentsMin}, is missing or was lost within
                        ${formatDuration(stop?.windowMs ?? 0)}, none is marked: until they are back, or an operator decides with
                        \`unum node losses --mark\`; or none, for no such stop (${(stop?.share ?? 0) * 100}%)
  --recovery-agent-removal-limit PERCENT
                        the same for the share of those agents that do not come back after a restart of the
                        master or a change of the leader (100%)
`;

export function parseLossFlags(flags: Flags): AgentLossLimits {
  const share = flags.text("agent-loss-stop");
  return {
    rate: parseRate(flags.text("agent-removal-rate-limit")),
    stop:
      share === "none" || stop === undefined
        ? undefined
        : { ...stop, ...(share === undefined ? {} : { share: parseShare("agent-loss-stop", share) }) },
    recoveryShare: parseShare(
      "recovery-agent-removal-limit",
      flags.text("recovery-agent-removal-limit") ?? "100%",
    ),
  };
}

function parseRate(text: string | undefined): AgentLossLimits["rate"] {
  if (text === undefined) return rate;
  if (text === "none") return undefined;
  const [, count, duration = ""] = /^(\d{1,6})\/(.+)$/.exec(text) ?? [];
  const [agents, withinMs] = [Number(count), parseDuration(duration)];
  if (agents >= 1 && withinMs !== undefined && withinMs >= 1 && withinMs <= 86_400_000)
    return { agents, withinMs };
  throw new UsageError(
    `--agent-removal-rate-limit ${text} is not N/DURATION, such as 1/20secs or 50/1mins, with a day at most.`,
  );
}

function parseShare(name: string, text: string): number {
  const percent = /^\d{1,3}(\.\d{1,3})?%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
  if (percent <= 100) return percent / 100;
  throw new UsageError(`--${name} ${text} is not a percentage from 0% to 100%.`);
}
