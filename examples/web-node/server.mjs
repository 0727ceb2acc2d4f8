/**
 * A small web app: says which instance answered, and counts.
 *
 * `GET /` answers in text, `GET /health` 200. Listens where the cluster put it (HOST, PORT0), logs every
 * request to standard output, and stops at SIGTERM once the requests that are under way are answered.
 */

import { createServer } from "node:http";

const { HOST = "127.0.0.1", PORT0 = "3000", MESOS_TASK_ID = "no task", APP_VERSION_NAME = "1" } = process.env;
let requests = 0;

const server = createServer((request, response) => {
  if (request.url === "/health") {
    response.end("ok\n");
    return;
  }
  requests += 1;
  console.log(`${new Date().toISOString()} ${request.method} ${request.url} (request ${requests})`);
  response.end(`Hello from ${MESOS_TASK_ID} at ${HOST}:${PORT0}, version ${APP_VERSION_NAME}, request ${requests}\n`);
});

server.listen(Number(PORT0), HOST, () => console.log(`listening on ${HOST}:${PORT0}`));
process.on("SIGTERM", () => server.close(() => console.log("stopped")));
