/**
 * The package `marathon-node`, unmodified: `node marathon-node.js URL TOKEN`.
 *
 * Orders come as JSON lines {"do": "apps.create", "args": […]}; what the method gives, or the status with which it
 * failed, goes out as a line {"done": …}. The order "follow" opens its stream of events. The end of standard
 * input ends it.
 */

const { createInterface } = require("node:readline");
const marathon = require("marathon-node");

const headers = { Authorization: `token=${process.argv[3]}` };
const client = marathon(process.argv[2], { headers });
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const follow = (eventType) => {
  const source = client.events.createEventSource({ headers, eventType });
  source.onopen = () => say({ event: "open" });
  for (const name of eventType)
    source.addEventListener(name, ({ data, lastEventId }) => {
      say({ event: name, data: JSON.parse(data), lastEventId });
    });
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { do: path, args = [] } = JSON.parse(line);
    if (path === "follow") return follow(...args);
    const [part, name] = path.split(".");
    return client[part][name](...args).then(
      (answer) => say({ done: path, answer }),
      (error) => say({ done: path, fault: error.statusCode ?? String(error), text: error.error }),
    );
  })
  .on("close", () => process.exit());
