/**
 * An image in a registry: its manifest for this machine, its configuration, its layers.
 */

import { createHash } from "node:crypto";
import { limits } from "#base/limits.ts";
import { parseImageConfig } from "#wire/oci/image-config.ts";
import {
  chooseEntry,
  type Descriptor,
  type Manifest,
  manifestMediaTypes,
  parseManifest,
} from "#wire/oci/manifest.ts";
import type { ImageReference } from "#wire/oci/reference.ts";
import { ImageFault } from "../image-fault.ts";
import type { ImageDescription, ImageSource } from "../image-source.ts";
import { hostArchitecture } from "../platform.ts";
import { downloadBlob } from "./download.ts";
import { placeOf, type RegistryPolicy } from "./policy.ts";
import { RegistrySession } from "./session.ts";

type Image = Extract<Manifest, { kind: "image" }>;
type Named = { readonly manifest: Manifest; readonly digest: string };

export class RegistrySource implements ImageSource {
  readonly #session: RegistrySession;
  readonly #reference: ImageReference;
  readonly #retryInitialMs: number;
  #layers: readonly Descriptor[] = [];

  private constructor(session: RegistrySession, reference: ImageReference, retryInitialMs: number) {
    this.#session = session;
    this.#reference = reference;
    this.#retryInitialMs = retryInitialMs;
  }

  static async open(
    reference: ImageReference,
    policy: RegistryPolicy,
    pullConfig: string | undefined,
  ): Promise<RegistrySource> {
    const place = placeOf(reference.registry, reference.repository, policy);
    const session = await RegistrySession.open(place, policy, pullConfig);
    return new RegistrySource(session, reference, policy.retryInitialMs);
  }

  async describe(signal: AbortSignal): Promise<ImageDescription> {
    const { tag, digest } = this.#reference;
    const { manifest, digest: found } = await this.#imageFor(digest ?? tag ?? "latest", signal);
    if (manifest.config.sizeBytes > limits.imageDocumentBytesMax)
      throw new ImageFault(`its configuration is larger than ${limits.imageDocumentBytesMax} bytes`);
    const { bytes } = await this.#session.document(`blobs/${manifest.config.digest}`, {}, signal);
    checkDigest(bytes, manifest.config.digest, "configuration");
    const config = parseImageConfig(bytes);
    if (!config.ok) throw new ImageFault(`its configuration ${config.fault}`);
    this.#layers = manifest.layers;
    return { digest: found, config: config.value, layers: manifest.layers };
  }

  async layer(
    index: number,
    file: string,
    onBytes: (count: number) => void,
    signal: AbortSignal,
  ): Promise<{ readonly file: string }> {
    const blob = this.#layers[index];
    if (blob === undefined) throw new ImageFault(`it has no layer ${index}`);
    const retryInitialMs = this.#retryInitialMs;
    await downloadBlob({ session: this.#session, blob, file, onBytes, retryInitialMs, signal });
    return { file };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async #imageFor(name: string, signal: AbortSignal): Promise<{ manifest: Image; digest: string }> {
    let named = await this.#manifest(name, signal);
    // An index may name indexes; nobody nests them deeper.
    for (let depth = 0; depth < 2 && named.manifest.kind === "index"; depth += 1) {
      const entry = chooseEntry(named.manifest.entries, "linux", hostArchitecture());
      if (!entry.ok) throw new ImageFault(`its index ${entry.fault}`);
      named = await this.#manifest(entry.value.descriptor.digest, signal);
    }
    if (named.manifest.kind === "index") throw new ImageFault("its index only leads to further indexes");
    return { manifest: named.manifest, digest: named.digest };
  }

  async #manifest(name: string, signal: AbortSignal): Promise<Named> {
    const accept = manifestMediaTypes.join(", ");
    const { bytes, header } = await this.#session.document(`manifests/${name}`, { accept }, signal);
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    const wanted = name.startsWith("sha256:") ? name : header("docker-content-digest");
    if (wanted?.startsWith("sha256:") === true) checkDigest(bytes, wanted, "manifest");
    const manifest = parseManifest(bytes);
    if (!manifest.ok) throw new ImageFault(`its manifest ${manifest.fault}`);
    return { manifest: manifest.value, digest };
  }
}

function checkDigest(bytes: Buffer, wanted: string, what: string): void {
  const found = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  if (found !== wanted)
    throw new ImageFault(
      `its ${what} should be ${wanted} and is ${found}: what the registry keeps is damaged`,
    );
}
