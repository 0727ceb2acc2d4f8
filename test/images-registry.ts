/**
 * Debian's `docker-registry` as a real registry for tests: on loopback, with or without TLS, open, with a
 * password, or behind a token service of the test's own.
 */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createPrivateKey, sign, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { Agent } from "undici";
import type { BuiltBlob, BuiltImage } from "./images-build.ts";
import { until } from "./until.ts";

export const registryUser = "robot";
export const registryPassword = "s3cret words";
/** Of the password, by bcrypt. */
const passwordHash = "$2y$05$abcdefghijklmnopqrstuuOjW.IDvPAbB8h0QHhebTfU7xbvZOLqq";

/** Installed, or where `scripts/setup tests` puts it. */
function registryProgram(): string {
  const own = join(import.meta.dirname, "../.build/tools/usr/bin/docker-registry");
  return existsSync(own) ? own : "docker-registry";
}

/** Why there can be no registry here; undefined when there can. */
export function whyNoRegistry(): string | undefined {
  for (const [program, what] of [
    [registryProgram(), "docker-registry is not installed"],
    ["openssl", "openssl is not installed"],
  ] as const) {
    try {
      execFileSync(program, ["version"], { stdio: "ignore" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return what;
    }
  }
  return undefined;
}

export type RegistryOptions = {
  readonly tls: boolean;
  readonly access: "open" | "password" | "token";
};

export class TestRegistry {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly #child: ChildProcess;
  readonly #agent: Agent;
  readonly #tokens: TokenService | undefined;
  readonly #origin: string;
  readonly #authorization: () => string | undefined;
  #output = "";

  private constructor(
    host: string,
    child: ChildProcess,
    agent: Agent,
    tls: boolean,
    tokens: TokenService | undefined,
    access: RegistryOptions["access"],
  ) {
    this.host = host;
    this.#child = child;
    this.#agent = agent;
    this.#tokens = tokens;
    this.#origin = `${tls ? "https" : "http"}://${host}`;
    const basic = `Basic ${Buffer.from(`${registryUser}:${registryPassword}`).toString("base64")}`;
    this.#authorization = () =>
      access === "open" ? undefined : access === "password" ? basic : `Bearer ${tokens?.issue("push,pull")}`;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => {
        this.#output = `${this.#output}${text}`.slice(-1_000_000);
      });
  }

  get output(): string {
    return this.#output;
  }

  /** How often the token service was asked. */
  get tokensAsked(): number {
    return this.#tokens?.asked ?? 0;
  }

  /** `directory`: of this registry alone. Its authority's certificate is `directory/ca.crt`. */
  static async start(directory: string, { tls, access }: RegistryOptions): Promise<TestRegistry> {
    mkdirSync(join(directory, "storage"), { recursive: true });
    makeCertificates(directory);
    const port = await freePort();
    const host = `127.0.0.1:${port}`;
    const tokens = access === "token" ? await TokenService.start(directory) : undefined;
    writeFileSync(join(directory, "htpasswd"), `${registryUser}:${passwordHash}\n`);
    const auth = {
      open: {},
      password: { auth: { htpasswd: { realm: "test", path: join(directory, "htpasswd") } } },
      token: { auth: { token: tokens?.configuration } },
    }[access];
    const certificates = { certificate: join(directory, "server.crt"), key: join(directory, "server.key") };
    // YAML takes JSON.
    writeFileSync(
      join(directory, "config.yml"),
      JSON.stringify({
        version: 0.1,
        log: { accesslog: { disabled: false } },
        storage: { filesystem: { rootdirectory: join(directory, "storage") }, delete: { enabled: true } },
        http: { addr: host, ...(tls ? { tls: certificates } : {}) },
        ...auth,
      }),
    );
    const child = spawn(registryProgram(), ["serve", join(directory, "config.yml")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ca = readFileSync(join(directory, "ca.crt"), "utf8");
    const agent = new Agent({ connect: { secureContext: createSecureContext({ ca }) } });
    const registry = new TestRegistry(host, child, agent, tls, tokens, access);
    await until(`the registry to listen: ${registry.output}`, () => registry.#answers());
    return registry;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exit = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exit;
    }
    await this.#agent.destroy();
    await this.#tokens?.stop();
  }

  async push(repository: string, tag: string, image: BuiltImage): Promise<void> {
    for (const blob of image.blobs) await this.#pushBlob(repository, blob);
    await this.pushManifest(repository, tag, image.manifest);
    await this.pushManifest(repository, image.manifest.digest, image.manifest);
  }

  async pushManifest(repository: string, name: string, manifest: BuiltBlob): Promise<void> {
    const headers = { "content-type": manifest.mediaType };
    await this.#send(
      "PUT",
      `${this.#origin}/v2/${repository}/manifests/${name}`,
      manifest.bytes,
      headers,
      201,
    );
  }

  async #pushBlob(repository: string, { digest, bytes }: BuiltBlob): Promise<void> {
    const started = await this.#send(
      "POST",
      `${this.#origin}/v2/${repository}/blobs/uploads/`,
      Buffer.alloc(0),
      {},
      202,
    );
    const url = new URL(started, this.#origin);
    url.searchParams.set("digest", digest);
    await this.#send("PUT", url.href, bytes, { "content-type": "application/octet-stream" }, 201);
  }

  async #send(
    method: "POST" | "PUT",
    url: string,
    body: Buffer,
    headers: Readonly<Record<string, string>>,
    wanted: number,
  ): Promise<string> {
    const authorization = this.#authorization();
    const { origin, pathname, search } = new URL(url);
    const answer = await this.#agent.request({
      origin,
      path: `${pathname}${search}`,
      method,
      body,
      headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== wanted)
      throw new Error(`${method} ${url}: ${answer.statusCode} ${text}\n${this.#output}`);
    return String(answer.headers.location ?? "");
  }

  async #answers(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error(`the registry ended: ${this.#output}`);
    return this.#agent.request({ origin: this.#origin, path: "/v2/", method: "GET" }).then(
      async (answer) => {
        await answer.body.dump();
        return true;
      },
      () => false,
    );
  }
}

/** An authority of its own, and a certificate of that for 127.0.0.1. */
export function makeCertificates(directory: string): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", [...args], { cwd: directory, stdio: "ignore" });
  };
  writeFileSync(
    join(directory, "server.cnf"),
    "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:registry.test\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n",
  );
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-days",
    "2",
    "-subj",
    "/CN=authority",
  );
  openssl("req", ...newKey, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=registry");
  openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-out", "server.crt", "-days", "2", "-extfile", "server.cnf"],
  );
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Gives a token for reading to whoever has the password, and nobody else. */
class TokenService {
  asked = 0;
  readonly #server: Server;
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#server = createServer((request, response) => {
      this.asked += 1;
      const basic = `Basic ${Buffer.from(`${registryUser}:${registryPassword}`).toString("base64")}`;
      if (request.headers.authorization !== basic) {
        response.writeHead(401).end();
        return;
      }
      const scope = new URL(request.url ?? "", "http://token").searchParams.get("scope") ?? "";
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ token: this.issue("pull", scope.split(":")[1]), expires_in: 300 }));
    });
  }

  static async start(directory: string): Promise<TokenService> {
    const service = new TokenService(directory);
    service.#server.listen(0, "127.0.0.1");
    await once(service.#server, "listening");
    return service;
  }

  get configuration(): object {
    const { port } = this.#server.address() as AddressInfo;
    return {
      realm: `http://127.0.0.1:${port}/token`,
      service: "test-registry",
      issuer: "test-issuer",
      rootcertbundle: join(this.#directory, "ca.crt"),
    };
  }

  /** As the registry's token specification has it. Without a name: for all that the tests push. */
  issue(actions: string, name?: string): string {
    const certificate = new X509Certificate(readFileSync(join(this.#directory, "ca.crt")));
    const key = createPrivateKey(readFileSync(join(this.#directory, "ca.key")));
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
    const seconds = Math.floor(Date.now() / 1_000);
    const names = name === undefined ? ["private/app"] : [name];
    const header = { typ: "JWT", alg: "ES256", x5c: [certificate.raw.toString("base64")] };
    const claims = {
      iss: "test-issuer",
      aud: "test-registry",
      sub: registryUser,
      iat: seconds - 10,
      nbf: seconds - 10,
      exp: seconds + 300,
      jti: String(this.asked),
      access: names.map((each) => ({ type: "repository", name: each, actions: actions.split(",") })),
    };
    const signed = `${part(header)}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
