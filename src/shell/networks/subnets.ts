/**
 * Which addresses the agents of one host give to their containers: a range for each agent, so that none of them
 * meets another's, nor what the host has a route to already.
 *
 * An agent that has begun with a range keeps it. Claims are links, made in one step, that all agents of the host
 * see, and are gone when it is started anew.
 */

import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";

/** 172.24.0.0/14 in parts of 1,022 containers each. */
const POOL: Pool = { first: 0xac18_0000, parts: 256, bits: 22 };
const CLAIMS = "/run/unum/subnets";

/** So many ranges, one behind the other. */
export type Pool = Subnet & { readonly parts: number };

export type Subnet = { readonly first: number; readonly bits: number };

/** Undefined: it is none, of version 4, with room for a container. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, a, b, c, d, length] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text) ?? [];
  const bytes = [a, b, c, d].map(Number);
  const bits = Number(length);
  if (length === undefined || bytes.some((byte) => byte > 255) || bits < 8 || bits > 29) return undefined;
  const number = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { first: number - (number % sizeOf(bits)), bits };
}

export const subnetText = ({ first, bits }: Subnet): string =>
  `${[24, 16, 8, 0].map((shift) => (first >>> shift) & 255).join(".")}/${bits}`;

/** For the agent that keeps its data there: its own again, or one that is free. Throws when none is. */
export async function claimSubnet(
  directory: string,
  previous: string | undefined,
  claims: string = CLAIMS,
  pool: Pool = POOL,
): Promise<string> {
  if (previous !== undefined && (await claim(claims, directory, previous))) return previous;
  const taken = routesIn(await readFile("/proc/net/route", "latin1").catch(() => ""));
  const start = createHash("sha256").update(directory).digest().readUInt8(0);
  for (let step = 0; step < pool.parts; step += 1) {
    const part = (start + step) % pool.parts;
    const subnet = { first: pool.first + part * sizeOf(pool.bits), bits: pool.bits };
    if (taken.some((route) => overlap(route, subnet))) continue;
    const text = subnetText(subnet);
    if (await claim(claims, directory, text)) return text;
  }
  throw new Error(
    "every range of addresses for containers is in use on this host: name one with --network-bridge-subnet",
  );
}

export async function releaseSubnet(
  directory: string,
  subnet: string,
  claims: string = CLAIMS,
): Promise<void> {
  const file = claimFile(claims, subnet);
  const owner = await readlink(file).catch(() => undefined);
  if (owner === directory) await rm(file, { force: true });
}

/** False: it is another agent's, which is still there. */
async function claim(claims: string, directory: string, subnet: string): Promise<boolean> {
  await mkdir(claims, { recursive: true });
  const file = claimFile(claims, subnet);
  for (;;) {
    try {
      await symlink(directory, file);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await readlink(file).catch(() => undefined);
    if (owner === directory) return true;
    if (owner !== undefined && existsSync(owner)) return false;
    await forgetStale(file);
  }
}

/** Moved aside and looked at again: somebody may have put a new one in its place. */
async function forgetStale(file: string): Promise<void> {
  const aside = `${file}.${process.pid}.${randomUUID()}`;
  try {
    await rename(file, aside);
    const owner = await readlink(aside).catch(() => undefined);
    if (owner !== undefined && existsSync(owner)) await rename(aside, file);
    else await rm(aside, { force: true });
  } catch {
    // Somebody else was quicker.
  }
}

const claimFile = (claims: string, subnet: string): string => join(claims, subnet.replace("/", "_"));

const sizeOf = (bits: number): number => 2 ** (32 - bits);

/** The kernel's table: a line each, addresses and masks in hexadecimal with the last byte first. */
export function routesIn(table: string): readonly Subnet[] {
  return table.split("\n").flatMap((line) => {
    const [, destination = "", , , , , , mask = ""] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return [];
    const bits = numberOf(mask).toString(2).replace(/0*$/, "").length;
    // The way to everywhere else takes nothing away.
    return bits === 0 || numberOf(mask) === 0 ? [] : [{ first: numberOf(destination), bits }];
  });
}

const numberOf = (text: string): number =>
  (text.match(/../g) ?? []).toReversed().reduce((sum, byte) => sum * 256 + Number.parseInt(byte, 16), 0);

export const overlap = (left: Subnet, right: Subnet): boolean =>
  left.first < right.first + sizeOf(right.bits) && right.first < left.first + sizeOf(left.bits);
