/**
 * The package `@dcos/mesos-client`, unmodified, as in a page of the gateway: `node mesos-client.js URL`.
 *
 * Says what its two functions give: the answers to some calls, and what comes on the stream of events. The end
 * of standard input ends it.
 */

const { forPage } = require("./xml-http-request.js");

globalThis.XMLHttpRequest = forPage(process.argv[2]);
const { request, stream } = require("@dcos/mesos-client");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const fault = (type) => (error) => say({ type, fault: error });

for (const type of ["GET_FLAGS", "GET_AGENTS", "GET_STATE", "GET_VERSION", "NO_SUCH_CALL"])
  request({ type }).subscribe((text) => say({ type, answer: JSON.parse(text) }), fault(type));
stream({ type: "SUBSCRIBE" }).subscribe(
  (text) => say({ type: "SUBSCRIBE", event: JSON.parse(text) }),
  fault("SUBSCRIBE"),
);

process.stdin.resume().on("close", () => process.exit());
