/**
 * Secrets through the scheduler API, with real processes: tasks have them, and nothing else does, whether they came
 * with the task or are kept by the agent's operator.
 */

import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type CallMessage,
  type OfferMessage,
  small,
  type TestFramework,
} from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-secrets-");
const cluster = new SemanticsCluster(home);
const secrets = join(home, "secrets");
const kept = "kept-by-the-operator";
const brought = "brought-by-the-task";

before(async () => {
  chmodSync(home, 0o755);
  mkdirSync(join(secrets, "db"), { recursive: true, mode: 0o700 });
  writeFileSync(join(secrets, "db/password"), kept, { mode: 0o600 });
  await cluster.startMaster();
  await cluster.startAgent(["--disk", "1000", "--secrets-dir", secrets]);
  await cluster.awaitAgent();
});
after(() => cluster.end());

type Operations = NonNullable<NonNullable<CallMessage["accept"]>["operations"]>;

const byName = { type: "REFERENCE" as const, reference: { name: "db", key: "password" } };
const byValue = { type: "VALUE" as const, value: { data: new TextEncoder().encode(brought) } };

const launch = (
  framework: TestFramework,
  { id, agent_id }: OfferMessage,
  name: string,
  value: string,
  more: {
    readonly variables?: readonly object[];
    readonly volumes?: readonly object[];
  },
): Promise<void> =>
  framework.call({
    type: "ACCEPT",
    accept: {
      offer_ids: [id],
      operations: [
        {
          type: "LAUNCH",
          launch: {
            task_infos: [
              {
                name,
                task_id: { value: name },
                agent_id,
                command: { value, user: "nobody", environment: { variables: more.variables ?? [] } },
                resources: small,
                container: { type: "MESOS", volumes: more.volumes ?? [] },
              },
            ],
          },
        },
      ] as unknown as Operations,
      filters: { refuse_seconds: 0 },
    },
  });

async function ends(framework: TestFramework, name: string, wanted: string): Promise<string> {
  for (;;) {
    const status = await framework.statusOf(name);
    // The master's own word is not acknowledged.
    if (status.uuid !== undefined) await framework.acknowledge(status);
    if (status.state === "TASK_STARTING" || (status.state === "TASK_RUNNING" && wanted !== "TASK_RUNNING"))
      continue;
    assert.equal(status.state, wanted, status.message ?? "");
    return status.message ?? "";
  }
}

/** Files of master and agent, with their stores and logs, that hold the text. */
function holding(directory: string, text: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (path === secrets) return [];
    if (entry.isDirectory()) return holding(path, text);
    return entry.isFile() && readFileSync(path).includes(text) ? [path] : [];
  });
}

async function nobodySays(texts: readonly string[]): Promise<void> {
  const answers = await Promise.all(
    ["GET_TASKS", "GET_STATE", "GET_EXECUTORS"].map((type) => cluster.operator({ type })),
  );
  for (const text of texts) {
    assert.deepEqual(holding(home, text), []);
    for (const answer of answers) assert.ok(!answer.includes(text) && !answer.includes(btoa(text)));
  }
}

test("variables and files, of the operator's secrets and of the task's own", async () => {
  const framework = await cluster.subscribed();
  const offer = await framework.offer();
  const volume = (container_path: string, secret: object) => ({
    container_path,
    mode: "RO",
    source: { type: "SECRET", secret },
  });
  await launch(
    framework,
    offer,
    "has-both",
    // Sums, so that no output holds a secret.
    'printf "%s" "$A$B" | md5sum; cat a b | md5sum; stat -c "%a %u" a; sleep 1000',
    {
      variables: [
        { name: "A", type: "SECRET", secret: byName },
        { name: "B", type: "SECRET", secret: byValue },
      ],
      volumes: [volume("a", byName), volume("b", byValue)],
    },
  );
  await ends(framework, "has-both", "TASK_RUNNING");
  const output = join(cluster.sandboxes, framework.frameworkId, "has-both", "stdout");
  const lines = await until("the task to say what it has", () => {
    const said = readFileSync(output, "utf8").trim().split("\n");
    return said.length === 3 ? said : undefined;
  });
  assert.deepEqual(lines, [lines[0], lines[0], "400 65534"]);
  await nobodySays([kept, brought]);
  // Nor does who comes later: the agent tells its new master of the task.
  await cluster.kill("agent");
  await cluster.startAgent(["--disk", "1000", "--secrets-dir", secrets]);
  await cluster.awaitAgent();
  await framework.call({
    type: "KILL",
    kill: { task_id: { value: "has-both" }, agent_id: offer.agent_id },
  });
  await ends(framework, "has-both", "TASK_KILLED");
  await nobodySays([kept, brought]);
  await teardown(framework);
});

test("a secret that is not there fails the task by its name; one that is no secret is refused in Mesos's words", async () => {
  const framework = await cluster.subscribed();
  const missing = { type: "REFERENCE", reference: { name: "db/nothing" } };
  await launch(framework, await framework.offer(), "misses", "true", {
    variables: [{ name: "A", type: "SECRET", secret: missing }],
  });
  assert.match(await ends(framework, "misses", "TASK_FAILED"), /secret "db\/nothing" cannot be had/);
  await launch(framework, await framework.offer(), "empty", "true", {
    variables: [{ name: "A", type: "SECRET" }],
  });
  assert.match(
    await ends(framework, "empty", "TASK_ERROR"),
    /Environment variable 'A' of type 'SECRET' must have a secret set/,
  );
  await teardown(framework);
});
