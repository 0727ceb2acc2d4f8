/**
 * The package `marathon-event-bus-client`, unmodified: `node event-bus.js HOST PORT TOKEN TYPES…`.
 *
 * Says each event that it hands on. The end of standard input ends it.
 */

const MarathonEventBusClient = require("marathon-event-bus-client");

const [marathonHost, marathonPort, token, ...eventTypes] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

// Without a handler of its own it writes lines for people where ours are to stand.
const handlers = Object.fromEntries(
  eventTypes.map((name) => [name, (event, data) => say({ event, data: data.data ?? data })]),
);
const client = new MarathonEventBusClient({
  marathonHost,
  marathonPort,
  eventTypes,
  handlers,
  marathonHeaders: { Authorization: `token=${token}` },
});
client.on("subscribed", () => say({ event: "subscribed" }));
client.on("error", (error) => say({ event: "error", data: error }));
client.subscribe();

process.stdin.resume().on("close", () => process.exit());
