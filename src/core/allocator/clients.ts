/**
 * The allocator's clients: one for each framework and role, with what it holds, whether it wants offers, and
 * what it refused where.
 *
 * A client outlives its framework for as long as it holds something, for its role's share counts that too.
 */

import type { FrameworkId, RoleName } from "#model/ids.ts";
import type { DeclinedBy } from "#model/reason.ts";
import type { Resources } from "#model/resources.ts";
import { topLevel } from "#model/role.ts";
import { addScalars, scalarCount, scalarOf } from "./agent-columns.ts";
import { noProfile, type Profile } from "./profile.ts";

/** Resources that were refused: nothing that lies within them is offered again before `untilMs`. */
export type Refused = {
  readonly resources: Resources;
  readonly untilMs: number;
  readonly by?: DeclinedBy | undefined;
};

export type Client = {
  readonly frameworkId: FrameworkId;
  readonly role: RoleName;
  /** The role that a quota for this client would be for. */
  readonly topRole: RoleName;
  /** What its framework can take, and wants. */
  profile: Profile;
  /** Used and offered together, in the columns' order of scalars. */
  readonly allocated: Float64Array;
  /** Of that, what is not reserved. */
  readonly unreserved: Float64Array;
  /** How many claims that is. */
  claims: number;
  wantsOffers: boolean;
  /** By agent slot. */
  readonly filters: Map<number, readonly Refused[]>;
};

export type Clients = {
  readonly byKey: Map<string, Client>;
  readonly byFramework: Map<FrameworkId, Map<RoleName, Client>>;
  readonly profiles: Map<FrameworkId, Profile>;
  /** How many want offers: a cycle with none costs nothing. */
  wanting: number;
};

export const createClients = (): Clients => ({
  byKey: new Map(),
  byFramework: new Map(),
  profiles: new Map(),
  wanting: 0,
});

/** Neither a framework's id nor a role's name may hold a line break. */
export const clientKey = (frameworkId: FrameworkId, role: RoleName): string => `${frameworkId}\n${role}`;

export function clientFor(clients: Clients, frameworkId: FrameworkId, role: RoleName): Client {
  const key = clientKey(frameworkId, role);
  const known = clients.byKey.get(key);
  if (known !== undefined) return known;
  const client: Client = {
    frameworkId,
    role,
    topRole: topLevel(role),
    profile: clients.profiles.get(frameworkId) ?? noProfile,
    allocated: new Float64Array(scalarCount),
    unreserved: new Float64Array(scalarCount),
    claims: 0,
    wantsOffers: false,
    filters: new Map(),
  };
  clients.byKey.set(key, client);
  const roles = clients.byFramework.get(frameworkId) ?? new Map<RoleName, Client>();
  clients.byFramework.set(frameworkId, roles.set(role, client));
  return client;
}

export function charge(client: Client, amount: Resources, sign: 1 | -1): void {
  addScalars(client.allocated, amount, sign);
  for (let scalar = 0; scalar < scalarCount; scalar += 1)
    client.unreserved[scalar] = (client.unreserved[scalar] as number) + sign * scalarOf(amount, scalar);
  client.claims += sign;
}

/** What a framework can take and wants, for all its clients; undefined when it is not there any more. */
export function setProfile(clients: Clients, frameworkId: FrameworkId, profile: Profile | undefined): void {
  if (profile === undefined) clients.profiles.delete(frameworkId);
  else clients.profiles.set(frameworkId, profile);
  for (const client of clients.byFramework.get(frameworkId)?.values() ?? [])
    client.profile = profile ?? noProfile;
}

export function setWants(clients: Clients, client: Client, wantsOffers: boolean): void {
  if (client.wantsOffers === wantsOffers) return;
  client.wantsOffers = wantsOffers;
  clients.wanting += wantsOffers ? 1 : -1;
}

export function dropIfIdle(clients: Clients, client: Client): void {
  if (client.claims > 0 || client.wantsOffers || client.filters.size > 0) return;
  clients.byKey.delete(clientKey(client.frameworkId, client.role));
  const roles = clients.byFramework.get(client.frameworkId);
  roles?.delete(client.role);
  if (roles?.size === 0) clients.byFramework.delete(client.frameworkId);
}
