import assert from "node:assert/strict";
import { test } from "node:test";
import { installLine, parseDistribution } from "./distribution.ts";

/** The fields that decide, as the distributions' own files have them. */
const releases = [
  ['PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', "debian", "apt-get install crun tini"],
  ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', "debian", "apt-get install crun tini"],
  ['NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\n', "redhat", "dnf install crun catatonit"],
  [
    'NAME="CentOS Linux"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n',
    "redhat",
    "dnf install crun catatonit",
  ],
  ['NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n', "redhat", "dnf install crun catatonit"],
  [
    'NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
    "suse",
    "zypper install crun catatonit",
  ],
  ["NAME='Alpine Linux'\nID=alpine\n", "alpine", "apk add crun tini-static"],
  ["NAME=Fedora\nID=fedora\nVARIANT_ID=coreos\n", "image-based", undefined],
  ["NAME=Flatcar\nID=flatcar\nID_LIKE=coreos\n", "image-based", undefined],
  ["", "other", "install crun or runc, tini (statically linked) or catatonit"],
] as const;

test("distributions are told apart, and each is told its own packages", () => {
  for (const [text, family, line] of releases) {
    const distribution = parseDistribution(text);
    assert.equal(distribution.family, family, text);
    const install = installLine(distribution, ["runtime", "init", "runtime"]);
    if (line === undefined) assert.match(install ?? "", /takes no packages.*crun or runc/);
    else assert.equal(install, line);
    assert.equal(installLine(distribution, []), undefined);
  }
});

test("a distribution is called as it calls itself", () => {
  assert.equal(parseDistribution('PRETTY_NAME="A B"\nNAME="A"\nID=a\n').name, "A B");
  assert.equal(parseDistribution("NAME=A\nID=a\n").name, "A");
  assert.equal(parseDistribution("").name, "linux");
});
