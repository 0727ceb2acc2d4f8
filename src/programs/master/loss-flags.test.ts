import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../flags.ts";
import { masterHelp, parseMasterConfig } from "./config.ts";

const parse = (...given: readonly string[]) =>
  parseMasterConfig(["--data", "/d", "--token-file", "/t", ...given], "/").agentLoss;

test("how many agents may be lost at a time: as usual, as in Mesos's flags, or without limits", () => {
  const usual = parse();
  assert.deepEqual(usual, {
    rate: { agents: 20, withinMs: 10_000 },
    stop: { share: 0.3, agentsMin: 5, windowMs: 600_000 },
    recoveryShare: 1,
  });
  assert.match(masterHelp, /within that time; or none, for no limit\s+\(20\/10secs\)/);
  assert.match(masterHelp, /at least 5, is missing or was lost within\s+10mins, .*\s.*\s.*\(30%\)/);
  assert.deepEqual(parse("--agent-removal-rate-limit", "1/20secs").rate, { agents: 1, withinMs: 20_000 });
  assert.deepEqual(parse("--agent-removal-rate-limit", "50/1.5mins").rate, { agents: 50, withinMs: 90_000 });
  const none = parse("--agent-removal-rate-limit", "none", "--agent-loss-stop", "none");
  assert.deepEqual([none.rate, none.stop], [undefined, undefined]);
  assert.equal(parse("--agent-loss-stop", "12.5%").stop?.share, 0.125);
  assert.equal(parse("--recovery-agent-removal-limit", "50%").recoveryShare, 0.5);
});

test("what is no rate and no share is refused with an example", () => {
  for (const text of ["1", "0/20secs", "1/20", "1/0secs", "x/1mins", "1/2weeks", "-1/1mins"])
    assert.throws(() => parse(`--agent-removal-rate-limit=${text}`), UsageError, text);
  for (const text of ["50", "101%", "-1%", "half"]) {
    assert.throws(() => parse(`--agent-loss-stop=${text}`), UsageError, text);
    assert.throws(() => parse(`--recovery-agent-removal-limit=${text}`), UsageError, text);
  }
});
