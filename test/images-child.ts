/** A process that pulls one image into a store, for a test to kill. */

import { ImageStore } from "#shell/images/image-store.ts";
import { usualRegistryPolicy } from "#shell/images/registry/policy.ts";

const [, , directory = "", reference = ""] = process.argv;

const store = new ImageStore({
  directory,
  form: "plain",
  registries: { ...usualRegistryPolicy, certificateDirectories: [] },
  usedDirectories: () => new Set(),
});
await store.open();
await store.acquire({ reference, forcePull: false, pullConfig: undefined }, new AbortController().signal);
