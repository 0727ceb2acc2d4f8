/**
 * The package `mesos-framework`, unmodified, with one kind of task: `node mesos-framework.js PORT`.
 *
 * Says in JSON lines what its scheduler tells it. A line on standard input is an order: `scale`, `kill` or
 * `teardown`; the end of the input ends it.
 */

const { createInterface } = require("node:readline");
const { Scheduler, Mesos } = require("mesos-framework");

const { CommandInfo } = Mesos.getMesos();
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const command = (text) => new CommandInfo(null, null, true, text, null, null);
const resources = (ports) => ({ cpus: 0.1, mem: 32, ports, disk: 0 });
const scheduler = new Scheduler({
  masterUrl: "127.0.0.1",
  port: process.argv[2],
  frameworkName: "npm framework",
  frameworkFailoverTimeout: 60,
  logging: { level: "error" },
  restartStates: ["TASK_FAILED", "TASK_LOST", "TASK_ERROR"],
  tasks: {
    job: { priority: 1, instances: 3, commandInfo: command("echo $HOST; exit 0"), resources: resources(0) },
    server: { priority: 2, instances: 1, commandInfo: command("sleep 1000"), resources: resources(2) },
  },
});

scheduler.on("ready", () => scheduler.subscribe());
scheduler.on("subscribed", ({ frameworkId }) => say({ event: "subscribed", frameworkId }));
scheduler.on("offers", ({ offers }) => say({ event: "offers", count: offers.length }));
scheduler.on("update", ({ status }) => {
  const { task_id, agent_id, state, reason } = status;
  say({ event: "update", task: task_id.value, agent: agent_id?.value, state, reason });
});
scheduler.on("task_launched", ({ name, runtimeInfo }) => say({ event: "task_launched", name, runtimeInfo }));
scheduler.on("heartbeat", () => say({ event: "heartbeat" }));
scheduler.on("error", ({ message }) => say({ event: "error", message }));
for (const sent of ["accept", "decline", "acknowledge", "kill", "reconcile", "revive", "teardown"])
  scheduler.on(`sent_${sent}`, () => say({ event: `sent_${sent}` }));

createInterface(process.stdin)
  .on("line", (line) => {
    const { do: order, task, agent } = JSON.parse(line);
    if (order === "kill") scheduler.kill(task, agent);
    else if (order === "reconcile") scheduler.reconcile(task, agent);
    else if (order === "revive") scheduler.revive();
    else if (order === "teardown") scheduler.teardown();
    else say({ event: "error", message: `no such order: ${order}` });
  })
  .on("close", () => process.exit());
