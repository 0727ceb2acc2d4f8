/**
 * Volumes through the scheduler API, with real processes: what is written outlives task and agent, and a destroyed
 * volume is gone with all that was in it.
 */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type CallMessage,
  type OfferMessage,
  scalar,
  small,
  type TestFramework,
} from "./support/scheduler-framework.ts";
import { SemanticsCluster, teardown } from "./support/semantics-cluster.ts";
import { temporaryDirectory } from "./temporary.ts";
import { until } from "./until.ts";

const home = temporaryDirectory("unum-volumes-");
const cluster = new SemanticsCluster(home);
const [path, mount, host] = ["path", "mount", "host"].map((name) => join(home, name)) as [
  string,
  string,
  string,
];
const options = [
  ...["--disk", "1000", "--path-disk", `${path}=100`, "--mount-disk", `${mount}=50`],
  ...["--host-volume", `${host}:ro`],
];

before(async () => {
  chmodSync(home, 0o755);
  for (const directory of [path, mount, host]) mkdirSync(directory);
  await cluster.startMaster();
  await cluster.startAgent(options);
  await cluster.awaitAgent();
});
after(() => cluster.end());

const role = "db";
const allocated = { allocation_info: { role } };
const reservations = [{ type: "DYNAMIC" as const, role }];
type Operations = NonNullable<NonNullable<CallMessage["accept"]>["operations"]>;
type Disk = NonNullable<ReturnType<typeof scalar>["disk"]>;

const accept = (framework: TestFramework, { id }: OfferMessage, operations: Operations): Promise<void> =>
  framework.call({
    type: "ACCEPT",
    accept: { offer_ids: [id], operations, filters: { refuse_seconds: 0 } },
  });

const taskWith = (offer: OfferMessage, name: string, value: string, more: object): Operations[number] => ({
  type: "LAUNCH",
  launch: {
    task_infos: [
      {
        name,
        task_id: { value: name },
        agent_id: offer.agent_id,
        command: { value, user: "nobody" },
        resources: small.map((each) => ({ ...each, ...allocated })),
        ...more,
      },
    ],
  },
});

async function ends(framework: TestFramework, name: string, state: string): Promise<string> {
  for (;;) {
    const status = await framework.statusOf(name);
    await framework.acknowledge(status);
    if (status.state === "TASK_STARTING" || (status.state === "TASK_RUNNING" && state !== "TASK_RUNNING"))
      continue;
    assert.equal(status.state, state, status.message ?? "");
    return status.message ?? "";
  }
}

const disks: readonly (readonly [string, Disk["source"], number, string])[] = [
  ["the root disk", undefined, 20, join(home, "agent/volumes/roles/db/v")],
  ["a path disk", { type: "PATH", path: { root: path } }, 20, join(path, "volumes/roles/db/v")],
  ["a mount disk", { type: "MOUNT", mount: { root: mount } }, 50, mount],
];

for (const [what, source, size, place] of disks)
  test(`${what}: a volume outlives its tasks and the agent, and is wiped when it is destroyed`, async () => {
    const framework = await cluster.subscribed({ info: { roles: [role], failover_timeout: 60 } });
    const reserved = {
      ...{ ...scalar("disk", size), ...allocated, reservations },
      ...(source === undefined ? {} : { disk: { source } }),
    };
    const volume = {
      ...reserved,
      disk: { source, persistence: { id: "v" }, volume: { mode: "RW" as const, container_path: "data" } },
    };
    const offer = await framework.offer(({ resources = [] }) =>
      resources.some(({ name, disk }) => name === "disk" && disk?.source?.type === source?.type),
    );
    const using = { resources: [...small.map((each) => ({ ...each, ...allocated })), volume] };
    await accept(framework, offer, [
      { type: "RESERVE", reserve: { resources: [reserved] } },
      { type: "CREATE", create: { volumes: [volume] } },
      taskWith(offer, `${size}-writes`, "echo kept >data/file; sleep 1000", using),
    ]);
    await ends(framework, `${size}-writes`, "TASK_RUNNING");
    await until("the task to write", () => existsSync(join(place, "file")));
    await cluster.kill("agent");
    await cluster.startAgent(options);
    await cluster.awaitAgent();
    const task_id = { value: `${size}-writes` };
    await framework.call({ type: "KILL", kill: { task_id, agent_id: offer.agent_id } });
    await ends(framework, `${size}-writes`, "TASK_KILLED");

    const hasVolume = ({ resources = [] }: OfferMessage): boolean =>
      resources.some(({ disk }) => disk?.persistence?.id === "v");
    const again = await framework.offer(hasVolume);
    const task = `${size}-reads`;
    await accept(framework, again, [taskWith(again, task, "cat data/file", using)]);
    await ends(framework, task, "TASK_FINISHED");
    const output = join(cluster.sandboxes, framework.frameworkId, task, "stdout");
    assert.equal(readFileSync(output, "utf8"), "kept\n");

    const last = await framework.offer(hasVolume);
    await accept(framework, last, [
      { type: "DESTROY", destroy: { volumes: [volume] } },
      { type: "UNRESERVE", unreserve: { resources: [reserved] } },
    ]);
    await until("the volume to be wiped", () => !existsSync(join(place, "file")));
    assert.equal(existsSync(place), source?.type === "MOUNT");
    await teardown(framework);
  });

test("a path of the host as the operator allows it, and a directory of the sandbox", async () => {
  const framework = await cluster.subscribed({ info: { roles: [role] } });
  const volumeAt = (containerPath: string, hostPath: string, mode: "RO" | "RW") => ({
    container: {
      type: "MESOS" as const,
      volumes: [{ container_path: containerPath, host_path: hostPath, mode }],
    },
  });
  const first = await framework.offer();
  await accept(framework, first, [
    taskWith(first, "looks", "ls seen; test ! -w seen", volumeAt("seen", host, "RO")),
    taskWith(first, "writes", "true", volumeAt("seen", host, "RW")),
    taskWith(first, "elsewhere", "true", volumeAt("seen", "/etc", "RO")),
    taskWith(first, "inside", "echo x >/tmp/in/x; cat dir/x", volumeAt("/tmp/in", "dir", "RW")),
  ]);
  await ends(framework, "looks", "TASK_FINISHED");
  await ends(framework, "inside", "TASK_FINISHED");
  assert.match(await ends(framework, "writes", "TASK_FAILED"), /may only be read/);
  assert.match(await ends(framework, "elsewhere", "TASK_FAILED"), /operator allowed/);
  await teardown(framework);
});
