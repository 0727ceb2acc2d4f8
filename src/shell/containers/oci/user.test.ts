import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { LaunchRefusal } from "../launch-refusal.ts";
import { resolveUser } from "./user.ts";

const policy = { allowRoot: false, defaultUser: "nobody" };

describe("users of a root file system", () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), "unum-user-"));
    mkdirSync(join(root, "etc"));
    const users =
      "root:x:0:0::/:/bin/sh\nweb:x:33:34::/:/bin/sh\nodd:x:50:0::/:/bin/sh\nadmin:x:60:60::/:/bin/sh\n";
    writeFileSync(join(root, "etc/passwd"), `${users}broken\n`);
    writeFileSync(
      join(root, "etc/group"),
      "root:x:0:admin\nweb:x:34:\nlogs:x:4:web,other\nmore:x:5:other,web\n",
    );
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it("names and numbers are looked up, with the groups of the user", async () => {
    const web = { uid: 33, gid: 34, additionalGids: [4, 5] };
    assert.deepEqual(await resolveUser(root, "web", policy), web);
    assert.deepEqual(await resolveUser(root, "33", policy), web);
    assert.deepEqual(await resolveUser(root, "web:logs", policy), { uid: 33, gid: 4, additionalGids: [] });
    assert.deepEqual(await resolveUser(root, "777:888", policy), { uid: 777, gid: 888, additionalGids: [] });
  });

  it("a number without a name gets a group of its own number, not root's", async () => {
    assert.deepEqual(await resolveUser(root, "4321", policy), { uid: 4321, gid: 4321, additionalGids: [] });
  });

  it("only the default user may be unknown", async () => {
    const nobody = { uid: 65534, gid: 65534, additionalGids: [] };
    assert.deepEqual(await resolveUser(root, undefined, policy), nobody);
    for (const user of ["nobody", "", "-1", "99999999999", "web:nogroup", "we\0b", ":33"]) {
      await assert.rejects(resolveUser(root, user, policy), LaunchRefusal, user);
    }
  });

  it("root is refused by user, by group and by further groups, unless it is allowed", async () => {
    for (const user of ["root", "0", "web:root", "web:0", "odd", "admin"]) {
      await assert.rejects(resolveUser(root, user, policy), { reason: "task-unauthorized" }, user);
      await resolveUser(root, user, { ...policy, allowRoot: true });
    }
  });

  it("a passwd file that is a link out of the root is not read", async () => {
    const sly = mkdtempSync(join(tmpdir(), "unum-user-"));
    mkdirSync(join(sly, "etc"));
    symlinkSync("/etc/passwd", join(sly, "etc/passwd"));
    await assert.rejects(resolveUser(sly, "daemon", policy), /no user "daemon"/);
    rmSync(sly, { recursive: true });
  });
});
