import assert from "node:assert/strict";
import { test } from "node:test";
import { mountWithQuota, parseReport } from "./xfs-projects.ts";

test("a directory's file system is the one mounted nearest above it, and the last of these", () => {
  const mountinfo = [
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw",
    "30 22 7:0 / /srv rw,relatime shared:2 - xfs /dev/loop0 rw,attr2,inode64,logbufs=8,prjquota",
    "31 22 7:1 / /srv/my\\040disk rw,relatime - xfs /dev/loop1 rw,pquota",
    "32 22 7:2 / /data rw - xfs /dev/loop2 rw,usrquota",
    "33 30 0:9 / /srv/covered rw - tmpfs tmpfs rw",
    "34 30 0:9 / /srv/twice rw - tmpfs tmpfs rw",
    "35 30 7:3 / /srv/twice rw - xfs /dev/loop3 rw,prjquota",
  ].join("\n");
  assert.equal(mountWithQuota(mountinfo, "/srv/agent"), "/srv");
  assert.equal(mountWithQuota(mountinfo, "/srv"), "/srv");
  assert.equal(mountWithQuota(mountinfo, "/srv/my disk/agent"), "/srv/my disk");
  assert.equal(mountWithQuota(mountinfo, "/srv/twice/agent"), "/srv/twice");
  for (const directory of ["/", "/srvx", "/data/agent", "/srv/covered/agent"])
    assert.equal(mountWithQuota(mountinfo, directory), undefined, directory);
  assert.equal(mountWithQuota("", "/srv"), undefined);
});

test("what projects take is read", () => {
  const text =
    "#0                   0          0          0     00 [--------]\n#5000             1024          0       5120     00 [--------]\n\n";
  assert.deepEqual(
    [...parseReport(text)],
    [
      [0, 0],
      [5_000, 1_048_576],
    ],
  );
});
