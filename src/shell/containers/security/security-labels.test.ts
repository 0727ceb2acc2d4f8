import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { executorId, frameworkId } from "#model/ids.ts";
import { temporaryDirectory } from "../../../../test/temporary.ts";
import { detectSecurity, securityLabels } from "./security-labels.ts";

/** A host with these files. */
function hostWith(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory("unum-security-");
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const of = (executor: string) => ({ frameworkId: frameworkId("F"), executorId: executorId(executor) });

describe("what else holds a container", () => {
  it("is found where the host has it", () => {
    assert.deepEqual(detectSecurity(hostWith({})), { selinux: "absent", appArmorProfiles: [] });
    assert.equal(detectSecurity(hostWith({ "sys/fs/selinux/enforce": "1" })).selinux, "enforcing");
    assert.equal(detectSecurity(hostWith({ "sys/fs/selinux/enforce": "0" })).selinux, "permissive");
    const profiles = "unum-default (enforce)\nmy profile (complain)\n";
    const files = { "sys/kernel/security/apparmor/profiles": profiles };
    assert.deepEqual(detectSecurity(hostWith(files)).appArmorProfiles, []);
    const enabled = hostWith({ ...files, "sys/module/apparmor/parameters/enabled": "Y\n" });
    assert.deepEqual(detectSecurity(enabled).appArmorProfiles, ["unum-default", "my profile"]);
  });

  it("labels processes and files, with categories of each executor's own", () => {
    const host = { selinux: "enforcing", appArmorProfiles: [] } as const;
    const wish = { selinux: true, appArmorProfile: undefined };
    const labels = securityLabels(wish, host, of("a"));
    const [, level] = /^system_u:object_r:container_file_t:(s0:c\d+,c\d+)$/.exec(labels.files ?? "") ?? [];
    assert.ok(level !== undefined, JSON.stringify(labels));
    assert.deepEqual(labels.process, { selinuxLabel: `system_u:system_r:container_t:${level}` });
    assert.deepEqual(labels.linux, { mountLabel: labels.files });
    assert.deepEqual(securityLabels(wish, host, of("a")), labels);
    const levels = Array.from(
      { length: 500 },
      (_, index) => securityLabels(wish, host, of(`e${index}`)).files,
    );
    assert.ok(new Set(levels).size >= 498, "nearly never the same");
    for (const text of levels) {
      const [, first, second] = /:c(\d+),c(\d+)$/.exec(text ?? "")?.map(Number) ?? [];
      assert.ok(first !== undefined && second !== undefined && first < second && second < 1_024, `${text}`);
    }
  });

  it("is a profile of AppArmor's that is loaded, and refused where the host has not what was asked for", () => {
    const host = { selinux: "absent", appArmorProfiles: ["mine"] } as const;
    const labels = securityLabels({ selinux: false, appArmorProfile: "mine" }, host, of("a"));
    assert.deepEqual(labels, { process: { apparmorProfile: "mine" }, linux: {}, files: undefined });
    assert.throws(
      () => securityLabels({ selinux: false, appArmorProfile: "other" }, host, of("a")),
      /AppArmor profile other, which its host has not loaded/,
    );
    assert.throws(
      () => securityLabels({ selinux: true, appArmorProfile: undefined }, host, of("a")),
      /SELinux \(--selinux\), which its host has not enabled/,
    );
  });
});
