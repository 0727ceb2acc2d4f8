/**
 * Puts a network namespace into one CNI network, plugin by plugin, and takes it out again.
 *
 * An attachment is plain data that is kept in a file, so that whoever is the agent when it ends can undo it. Taking
 * out goes on when a plugin fails: the others have something to free as well.
 */

import type { DnsSettings, NetworkWish } from "#model/container-network.ts";
import type { CniNetwork } from "#wire/cni/network-list.ts";
import { pluginInput } from "#wire/cni/plugin-input.ts";
import { type CniResult, parseCniResult } from "#wire/cni/result.ts";
import { type PluginCall, runPlugin } from "./run-plugin.ts";

export type Attachment = {
  readonly network: CniNetwork;
  readonly wish: NetworkWish;
  readonly interfaceName: string;
  /** Asked for by the task: plugins may be told. */
  readonly dns: DnsSettings | undefined;
  /** Whether the agent itself maps its ports. */
  readonly isMappedHere: boolean;
  /** Undefined: its plugins have not all been run, or failed. */
  readonly result: CniResult | undefined;
};

/** Where plugins are, and who is to be put into a network. */
export type Place = {
  readonly pluginDirectories: readonly string[];
  readonly containerId: string;
  /** Empty: it is gone. */
  readonly namespace: string;
};

/** Throws when a plugin fails; what the ones before it did is to be undone by `detach`. */
export async function attach(place: Place, attachment: Attachment): Promise<CniResult> {
  const { network } = attachment;
  let result: CniResult = { addresses: [], dns: undefined, document: undefined };
  for (const plugin of network.plugins) {
    const input = pluginInput(network, plugin, contextOf(attachment, result.document));
    const output = await runPlugin(
      place.pluginDirectories,
      plugin.type,
      callOf("ADD", place, attachment, input),
    );
    // One that changes nothing may answer nothing.
    if (output.length === 0) continue;
    const answer = parseCniResult(output);
    if (!answer.ok) throw new Error(`what the CNI plugin ${plugin.type} answered ${answer.fault}`);
    result = answer.value;
  }
  return result;
}

/** What could not be undone, in words. */
export async function detach(place: Place, attachment: Attachment): Promise<readonly string[]> {
  const { network, result } = attachment;
  const faults: string[] = [];
  for (const plugin of network.plugins.toReversed()) {
    const input = pluginInput(network, plugin, contextOf(attachment, result?.document));
    await runPlugin(place.pluginDirectories, plugin.type, callOf("DEL", place, attachment, input)).catch(
      (error: unknown) => void faults.push(error instanceof Error ? error.message : String(error)),
    );
  }
  return faults;
}

/** Why a network is not as it was made; undefined: it is, or its plugins cannot tell. */
export async function checkAttachment(place: Place, attachment: Attachment): Promise<string | undefined> {
  const { network, result } = attachment;
  if (network.disableCheck === true || !canCheck(network.cniVersion) || result === undefined)
    return undefined;
  for (const plugin of network.plugins) {
    const input = pluginInput(network, plugin, contextOf(attachment, result.document));
    try {
      await runPlugin(place.pluginDirectories, plugin.type, callOf("CHECK", place, attachment, input));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

/** Since version 0.4 of the specification. */
function canCheck(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 0 || minor >= 4;
}

const contextOf = ({ wish, dns }: Attachment, previous: unknown) => ({ wish, dns, previous });

const callOf = (
  command: PluginCall["command"],
  { containerId, namespace }: Place,
  { interfaceName }: Attachment,
  input: object,
): PluginCall => ({ command, containerId, namespace, interfaceName, input });
