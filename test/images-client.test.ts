/** The registry client against servers that misbehave: redirects, broken downloads, lies about sizes, overload. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { limits } from "#base/limits.ts";
import type { ImageSource } from "#shell/images/image-source.ts";
import { Authorization } from "#shell/images/registry/authorization.ts";
import { usualRegistryPolicy } from "#shell/images/registry/policy.ts";
import { RegistrySource } from "#shell/images/registry/registry-source.ts";
import { Transport } from "#shell/images/registry/transport.ts";
import { parseReference } from "#wire/oci/reference.ts";
import { type BuiltImage, buildImage, layerOf } from "./images-build.ts";
import { FakeServer, type Handler } from "./images-fake-server.ts";
import { temporaryDirectory } from "./temporary.ts";

const home = temporaryDirectory("unum-client-");
const never = new AbortController().signal;

/** Answers as a registry that holds the image; `special` comes before it, and says whether it answered. */
const holding =
  (image: BuiltImage, special: (...args: Parameters<Handler>) => boolean = () => false): Handler =>
  (request, response, count) => {
    if (special(request, response, count)) return;
    const { url = "" } = request;
    const blob = [...image.blobs, image.manifest].find(({ digest }) => url.endsWith(digest));
    if (url === "/v2/") response.writeHead(200).end();
    else if (url.endsWith("/manifests/latest")) response.writeHead(200).end(image.manifest.bytes);
    else if (blob !== undefined) response.writeHead(200).end(blob.bytes);
    else response.writeHead(404).end();
  };

const bigImage = (): BuiltImage =>
  buildImage({
    layers: [layerOf([{ name: "noise", content: randomBytes(400_000).toString("latin1") }])],
    compression: "none",
  });

const layerOfImage = (image: BuiltImage) => {
  const layer = image.blobs[1];
  assert.ok(layer !== undefined);
  return layer;
};

const withAuthorization = ({ host }: FakeServer): string =>
  JSON.stringify({ auths: { [host]: { username: "me", password: "secret" } } });

async function open(server: FakeServer, pullConfig?: string): Promise<ImageSource> {
  const reference = parseReference(`${server.host}/app`);
  assert.ok(reference.ok);
  const policy = { ...usualRegistryPolicy, certificateDirectories: [], retryInitialMs: 1 };
  return RegistrySource.open(reference.value, policy, pullConfig);
}

let lastFile = 0;
async function pull(
  server: FakeServer,
  pullConfig?: string,
): Promise<{ readonly bytes: Buffer; readonly told: number; readonly steps: readonly number[] }> {
  const source = await open(server, pullConfig);
  lastFile += 1;
  const steps: number[] = [];
  try {
    await source.describe(never);
    const path = join(home, String(lastFile));
    const { file } = await source.layer(0, path, (count) => steps.push(count), never);
    return { bytes: readFileSync(file), told: steps.reduce((sum, each) => sum + each, 0), steps };
  } finally {
    await source.close();
  }
}

describe("redirects of a registry", () => {
  it("to another host go without our authorization, to itself with it", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const elsewhere = await FakeServer.start((_request, response) => response.end(layer.bytes));
    const config = image.blobs[0]?.digest ?? "";
    const registry = await FakeServer.start(
      holding(image, (request, response) => {
        const { url = "", headers } = request;
        if (url === "/v2/") return false;
        if (headers.authorization === undefined) {
          response.writeHead(401, { "www-authenticate": 'Basic realm="here"' }).end();
          return true;
        }
        if (url.endsWith(layer.digest)) {
          response.writeHead(307, { location: `http://${elsewhere.host}/blob?signed` }).end();
          return true;
        }
        if (!url.endsWith(config) || url.startsWith("/v2/moved")) return false;
        response.writeHead(301, { location: `/v2/moved/blobs/${config}` }).end();
        return true;
      }),
    );
    const { bytes } = await pull(registry, withAuthorization(registry));
    assert.ok(bytes.equals(layer.bytes));
    assert.equal(elsewhere.asked.length, 1);
    assert.equal(elsewhere.asked[0]?.headers.authorization, undefined);
    assert.match(registry.of("/v2/moved")[0]?.headers.authorization ?? "", /^Basic /);
  });

  it("lead to nobody whom we tell who we are, whatever he asks", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const stranger: FakeServer = await FakeServer.start((_request, response) => {
      const challenge = `Bearer realm="http://${stranger.host}/token",service="s"`;
      response.writeHead(401, { "www-authenticate": challenge }).end();
    });
    const registry = await FakeServer.start(
      holding(image, (request, response) => {
        if (!request.url?.endsWith(layer.digest)) return false;
        response.writeHead(307, { location: `http://${stranger.host}/blob` }).end();
        return true;
      }),
    );
    await assert.rejects(pull(registry, withAuthorization(registry)), {
      message: /leads to .*, which asks who we are/,
    });
    assert.deepEqual(
      stranger.asked.map(({ url, headers }) => [url, headers.authorization]),
      [["/blob", undefined]],
    );
  });

  it("in a circle, and to what is no address, are not followed for ever", async () => {
    for (const [location, message] of [
      ["/v2/app/manifests/latest", /redirects more than 5 times/],
      ["file:///etc/passwd", /no address/],
    ] as const) {
      const registry = await FakeServer.start((request, response) => {
        if (request.url === "/v2/") response.writeHead(200).end();
        else response.writeHead(302, { location }).end();
      });
      await assert.rejects(pull(registry), { message });
    }
  });
});

describe("a token service", () => {
  it("is asked again when a token is no good any more", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    let token = 0;
    const registry: FakeServer = await FakeServer.start(
      holding(image, (request, response) => {
        const { url = "", headers } = request;
        if (url.startsWith("/token")) {
          token += 1;
          response.end(JSON.stringify({ access_token: `t${token}`, expires_in: 1 }));
          return true;
        }
        const isOld = url.endsWith(layer.digest) && headers.authorization === "Bearer t1";
        if (url === "/v2/" || (headers.authorization === `Bearer t${token}` && !isOld)) return false;
        const challenge = `Bearer realm="http://${registry.host}/token",service="s",scope="repository:app:pull"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
        return true;
      }),
    );
    const { bytes } = await pull(registry, withAuthorization(registry));
    assert.ok(bytes.equals(layer.bytes));
    assert.equal(token, 2);
    const [asked] = registry.of("/token");
    assert.equal(asked?.url, "/token?service=s&scope=repository%3Aapp%3Apull");
    assert.equal(asked?.headers.authorization, `Basic ${Buffer.from("me:secret").toString("base64")}`);
  });

  it("gets an identity token by POST, and nothing without TLS from a registry that has it", async () => {
    const image = bigImage();
    const bodies: string[] = [];
    const registry: FakeServer = await FakeServer.start(
      holding(image, (request, response) => {
        const { url = "", headers } = request;
        if (url.startsWith("/token")) {
          request.on("data", (text) => bodies.push(String(text)));
          request.on("end", () => response.end(JSON.stringify({ token: "t" })));
          return true;
        }
        if (url === "/v2/" || headers.authorization === "Bearer t") return false;
        const challenge = `Bearer realm="http://${registry.host}/token",service="s"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
        return true;
      }),
    );
    await pull(registry, JSON.stringify({ auths: { [registry.host]: { identitytoken: "long-lived" } } }));
    assert.match(bodies[0] ?? "", /grant_type=refresh_token.*refresh_token=long-lived/);
    const transport = new Transport([]);
    const url = new URL(`http://${registry.host}/v2/app/manifests/latest`);
    const refusal = await transport.send({ method: "GET", url, headers: {}, signal: never });
    const credential = { kind: "password", user: "me", password: "secret" } as const;
    const authorization = new Authorization(transport, "registry", credential, false);
    const before = registry.of("/token").length;
    await assert.rejects(authorization.answer(refusal, "scope", never), /no https address/);
    assert.equal(registry.of("/token").length, before);
    await transport.close();
  });
});

describe("downloads that do not go well", () => {
  it("are over when all bytes came, however the connection ended", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    let cut = (): void => assert.fail("nothing was sent");
    const registry = await FakeServer.start(
      holding(image, (request, response) => {
        if (!request.url?.endsWith(layer.digest)) return false;
        cut = () => response.destroy();
        if (request.headers.range !== undefined) response.writeHead(416).end();
        else response.write(layer.bytes);
        return true;
      }),
    );
    const source = await open(registry);
    await source.describe(never);
    let told = 0;
    const onBytes = (count: number): void => {
      told += count;
      if (told === layer.bytes.length) cut();
    };
    const { file } = await source.layer(0, join(home, "whole"), onBytes, never);
    assert.ok(readFileSync(file).equals(layer.bytes));
    assert.equal(registry.of(layer.digest).length, 1);
    await source.close();
  });

  it("go on where they broke off", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const registry = await FakeServer.start(
      holding(image, (request, response, count) => {
        if (!request.url?.endsWith(layer.digest)) return false;
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
        const end = layer.bytes.length;
        const headers = { "content-length": end - from, "content-range": `bytes ${from}-${end - 1}/${end}` };
        response.writeHead(from === 0 ? 200 : 206, headers);
        // More often than attempts are made without headway.
        if (count > 8) response.end(layer.bytes.subarray(from));
        else response.write(layer.bytes.subarray(from, from + 40_000), () => response.destroy());
        return true;
      }),
    );
    const { bytes, told, steps } = await pull(registry);
    assert.ok(bytes.equals(layer.bytes));
    assert.equal(told, layer.bytes.length);
    assert.ok(steps.every((step) => step > 0));
    assert.equal(registry.of(layer.digest).length, 9);
  });

  it("begin anew where a server knows no ranges", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const registry = await FakeServer.start(
      holding(image, (request, response, count) => {
        if (!request.url?.endsWith(layer.digest) || count > 1) return false;
        response.writeHead(200, { "content-length": layer.bytes.length });
        response.write(layer.bytes.subarray(0, 100_000), () => response.destroy());
        return true;
      }),
    );
    const { bytes, told, steps } = await pull(registry);
    assert.ok(bytes.equals(layer.bytes));
    assert.equal(told, layer.bytes.length);
    assert.ok(steps.some((step) => step < 0));
  });

  it("do not go on with another part than the one asked for", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const registry = await FakeServer.start(
      holding(image, (request, response, count) => {
        if (!request.url?.endsWith(layer.digest)) return false;
        const end = layer.bytes.length;
        if (count === 1) response.writeHead(200, { "content-length": end });
        else response.writeHead(206, { "content-range": `bytes 0-${end - 1}/${end}` });
        if (count > 1) response.end(layer.bytes);
        else response.write(layer.bytes.subarray(0, 50_000), () => response.destroy());
        return true;
      }),
    );
    assert.ok((await pull(registry)).bytes.equals(layer.bytes));
  });

  it("are given up when there is more than announced, other bytes, or never enough", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const other = Buffer.from(layer.bytes);
    other[1_000] = (other[1_000] ?? 0) ^ 1;
    const cases: readonly (readonly [Buffer, RegExp, number])[] = [
      [Buffer.concat([layer.bytes, Buffer.from("more")]), /gave more than the \d+ bytes/, 1],
      [other, /what it keeps is damaged/, 1],
      [layer.bytes.subarray(0, 0), /gave 0 of the \d+ bytes .*\(tried 5 times\)/, limits.registryAttemptsMax],
    ];
    for (const [answer, message, times] of cases) {
      const registry = await FakeServer.start(
        holding(image, (request, response) => {
          if (!request.url?.endsWith(layer.digest)) return false;
          response.end(answer);
          return true;
        }),
      );
      await assert.rejects(pull(registry), { message });
      assert.equal(registry.of(layer.digest).length, times);
    }
  });

  it("are tried again when a server is busy, as often as is allowed", async () => {
    const image = bigImage();
    const layer = layerOfImage(image);
    const busy = (times: number): Handler =>
      holding(image, (request, response, count) => {
        if (request.url === "/v2/" || count > times) return false;
        response.writeHead(count % 2 === 0 ? 503 : 429, { "retry-after": "0" }).end();
        return true;
      });
    const patient = await FakeServer.start(busy(limits.registryAttemptsMax - 1));
    assert.ok((await pull(patient)).bytes.equals(layer.bytes));
    const never = await FakeServer.start(busy(1_000));
    await assert.rejects(pull(never), /asked too often \(tried 5 times\)/);
    const refusing = await FakeServer.start(
      holding(image, (request, response) => {
        if (request.url === "/v2/") return false;
        const errors = [{ code: "DENIED", message: "not for you" }];
        response.writeHead(403).end(JSON.stringify({ errors }));
        return true;
      }),
    );
    await assert.rejects(pull(refusing), /does not let us read app \(DENIED: not for you\)/);
    assert.equal(refusing.of("manifests").length, 1);
  });
});

describe("documents of a registry", () => {
  const serving =
    (manifest: Buffer): Handler =>
    (request, response) => {
      if (request.url === "/v2/") response.writeHead(200).end();
      else response.end(manifest);
    };
  const digest = `sha256:${createHash("sha256").update("x").digest("hex")}`;
  const descriptor = (size = 1) => ({ mediaType: "t", digest, size });
  const image = (more: object) => ({ schemaVersion: 2, config: descriptor(), layers: [], ...more });
  const cases: readonly (readonly [string, Buffer | object, RegExp])[] = [
    ["too large", Buffer.alloc(limits.imageDocumentBytesMax + 1, " "), /is larger than \d+ bytes/],
    ["no JSON", Buffer.from("<html>"), /manifest is not JSON/],
    ["too deep", Buffer.from("[".repeat(1_000)), /nested too deep/],
    ["of the first version", { schemaVersion: 1, fsLayers: [] }, /schema version 1.*push the image again/],
    ["without layers", { schemaVersion: 2 }, /neither an image's/],
    [
      "with too many layers",
      image({ layers: Array(limits.imageLayersMax + 1).fill(descriptor()) }),
      /128 layers/,
    ],
    ["with a huge layer", image({ layers: [descriptor(limits.imageLayerBytesMax + 1)] }), /has a layer of/],
    [
      "with huge layers",
      image({ layers: [1, 2, 3].map(() => descriptor(limits.imageLayerBytesMax)) }),
      /bytes in all/,
    ],
    [
      "with another kind of digest",
      image({ config: { ...descriptor(), digest: "md5:1" } }),
      /no sha256 digest/,
    ],
    [
      "with a digest that climbs",
      image({ layers: [{ ...descriptor(), digest: "../../x" }] }),
      /no sha256 digest/,
    ],
    [
      "with encrypted layers",
      image({ layers: [{ ...descriptor(), mediaType: "x+encrypted" }] }),
      /encrypted/,
    ],
    ["with a huge configuration", image({ config: descriptor(1e9) }), /configuration is larger/],
    ["with a size below nothing", image({ config: descriptor(-1) }), /config\/size must be at least 0/],
  ];
  for (const [title, manifest, message] of cases) {
    it(`${title}: refused`, async () => {
      const bytes = Buffer.isBuffer(manifest) ? manifest : Buffer.from(JSON.stringify(manifest));
      await assert.rejects(pull(await FakeServer.start(serving(bytes))), { message });
    });
  }
});
