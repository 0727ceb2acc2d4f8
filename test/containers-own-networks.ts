/**
 * The part of the contract of containers that is about networks of their own: what is told of them, and when.
 *
 * Which networks there are is the host's business; that there is none beside the loopback is possible everywhere.
 */

import assert from "node:assert/strict";
import type { CommandSpec } from "#model/task.ts";
import type { ContainerSpec } from "#ports/containers.ts";
import type { Scenario } from "./containers-contract.ts";

type MakeSpec = (command: CommandSpec, overrides: Partial<ContainerSpec>) => ContainerSpec;

export function ownNetworksContract(scenario: Scenario, contractSpec: MakeSpec): void {
  scenario(
    "a container says in which networks it is, also when it is found again",
    async (subject, outcomes) => {
      const { runs } = subject.commands;
      const apart = contractSpec(runs, { network: { mode: "none", networks: [] } });
      const usual = contractSpec(runs, { network: { mode: "host", networks: [] } });
      for (const spec of [apart, usual]) subject.containers.perform({ type: "launch", spec });
      if (!subject.hasNetworks) {
        const { message } = await outcomes.next("launch-failed", apart.containerId);
        assert.match(message, /needs container isolation/);
        return;
      }
      assert.deepEqual((await outcomes.next("launched", apart.containerId)).networks, []);
      assert.equal("networks" in (await outcomes.next("launched", usual.containerId)), false);
      const successor = await subject.restart();
      outcomes.listen(successor);
      successor.perform({ type: "recover", known: [apart.containerId, usual.containerId] });
      const { networks } = await outcomes.next("recovered");
      assert.deepEqual(networks, [{ containerId: apart.containerId, networks: [] }]);
    },
  );
}
