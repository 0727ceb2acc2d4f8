/**
 * Where a service is reached, on what it depends, what it is promised.
 */

import type { ServiceView } from "#console/services.ts";
import { Empty, Facts, Panel } from "../../parts/basics.tsx";
import { cpus, mebibytes } from "../../parts/format.ts";
import { RoleLink, ThingLink } from "../../parts/links.tsx";

export function ServiceFacts({ view: { service, endpoints, dependencies } }: { readonly view: ServiceView }) {
  const { allocated, role, kind, wanted } = service;
  return (
    <div className="grid">
      <Panel title="Endpoints" className="span-7">
        {endpoints.length === 0 ? (
          <Empty title="It is reached nowhere">
            Give it a port (portDefinitions), and its instances appear here.
          </Empty>
        ) : (
          <table className="plain">
            <thead>
              <tr>
                <th scope="col">Port</th>
                <th scope="col">Service port</th>
                <th scope="col">Instances</th>
              </tr>
            </thead>
            <tbody>
              {endpoints.map(({ name, protocol, servicePort, addresses }, index) => (
                <tr key={`${name} ${servicePort} ${addresses[0]}`}>
                  <th scope="row">
                    {name ?? `port ${index}`} <span className="soft">{protocol}</span>
                  </th>
                  <td>{servicePort ?? "–"}</td>
                  <td className="mono">
                    {addresses.map((address) => (
                      <div key={address}>{address}</div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Panel>
      <Panel title="What it is" className="span-5">
        <Facts
          facts={[
            ["Kind", kind],
            ["Role", role === null ? "–" : <RoleLink key="role" name={role} />],
            ["Instances", `${wanted} wanted`],
            [
              "Promised",
              `${cpus(allocated.cpus)} cpus, ${mebibytes(allocated.mem)} memory, ${mebibytes(allocated.disk)} disk`,
            ],
            [
              "Depends on",
              dependencies.length === 0
                ? "nothing"
                : dependencies.map((link) => (
                    <div key={link.id}>
                      <ThingLink link={link} />
                    </div>
                  )),
            ],
          ]}
        />
      </Panel>
    </div>
  );
}
