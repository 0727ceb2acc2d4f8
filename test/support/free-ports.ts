/**
 * Ports that a test may give to a server of its own.
 *
 * They were free a moment ago, and are none of those that the agents of a cluster offer to apps: the system
 * itself gives away some of these.
 */

import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** Above what any agent of a test offers. */
const offeredMax = 34_999;

export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  const ports = new Set<number>();
  while (ports.size < count) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    if (port > offeredMax) ports.add(port);
  }
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return [...ports];
}
