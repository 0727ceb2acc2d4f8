/** Root file systems from an operator's directories and tarballs, on the OCI runtime of this host. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { detectHost } from "#shell/containers/detect.ts";
import type { OciHost } from "#shell/containers/host-abilities.ts";
import { contractSpec } from "./containers-contract.ts";
import { Bench, makeRoot, shell, temporaryDirectory } from "./containers-real.ts";
import { tarOf } from "./support/tar.ts";
import { until } from "./until.ts";

const host = await detectHost();
if (host.kind === "oci") rootFileSystems(host);
else it("root file systems", { skip: host.why }, () => {});

function rootFileSystems(host: OciHost): void {
  describe("root file systems from directories and tarballs", () => {
    let bench: Bench;
    let images: string;
    before(async () => {
      images = await temporaryDirectory();
      bench = new Bench(host, await temporaryDirectory(), { allowedImageDirectories: [images] });
      makeRoot(join(images, "tree"));
      execFileSync("tar", ["-czf", join(images, "tree.tar.gz"), "-C", join(images, "tree"), "."]);
      symlinkSync("/etc", join(images, "outside"));
      writeFileSync(join(images, "broken.tar"), "this is no archive, whatever its name says");
    });
    after(async () => {
      await bench.dispose();
      execFileSync("rm", ["-rf", images]);
    });

    for (const name of ["tree", "tree.tar.gz"]) {
      it(`${name}: its own users, a writable layer that goes with the container, the image unchanged`, async () => {
        const root = { kind: "file", path: join(images, name) } as const;
        const command = shell(
          "id -u; cat /marker; echo changed >/home/worker/marker && cat /home/worker/marker; ls /work /usr/bin/apt",
        );
        const first = await bench.run(contractSpec(command, { root, user: "worker" }));
        assert.equal(first.stdout, "4242\noriginal\nchanged\n");
        const second = await bench.run(contractSpec(shell("ls -A /home/worker"), { root, user: "worker" }));
        assert.equal(second.stdout, "");
        assert.deepEqual(readdirSync(join(images, "tree/home/worker")), []);
      });
    }

    it("a name that this root file system does not know falls back for the default user only", async () => {
      const root = { kind: "file", path: join(images, "tree") } as const;
      const { stdout } = await bench.run(contractSpec(shell("id -u"), { root }));
      assert.equal(stdout, "65534\n");
      await bench.refused(contractSpec(shell("id"), { root, user: "daemon" }));
    });

    it("many at once unpack a tarball once", async () => {
      const path = join(images, "again.tar");
      execFileSync("tar", ["-cf", path, "-C", join(images, "tree"), "."]);
      const cache = join(bench.directory, "images/archives");
      const earlier = readdirSync(cache).length;
      const specs = Array.from({ length: 6 }, () =>
        contractSpec(shell("cat /marker"), { root: { kind: "file", path } }),
      );
      const runs = await Promise.all(specs.map((spec) => bench.run(spec)));
      assert.deepEqual(
        runs.map(({ stdout }) => stdout),
        specs.map(() => "original\n"),
      );
      assert.equal(readdirSync(cache).length, earlier + 1);
    });

    it("paths that lead elsewhere, and what is no image, are refused", async () => {
      const cases: readonly (readonly [string, RegExp])[] = [
        ["/etc", /not below a directory/],
        [`${images}/${"../".repeat(9)}etc`, /not below a directory/],
        [join(images, "outside"), /not below a directory/],
        [join(images, "absent"), /does not exist/],
        ["tree", /not absolute/],
        [join(images, "broken.tar"), /cannot be unpacked/],
      ];
      for (const [path, message] of cases) {
        const refusal = await bench.refused(contractSpec(shell("id"), { root: { kind: "file", path } }));
        assert.match(refusal.message, message);
      }
      assert.deepEqual(
        readdirSync(join(bench.directory, "images/archives")).filter((name) => name.startsWith(".")),
        [],
      );
    });

    it("a tarball cannot write outside of its own directory", async () => {
      const target = join(images, "target");
      const evil = join(images, "evil.tar");
      mkdirSync(target);
      const content = "evil";
      const archive = tarOf([
        { name: "door", linkTo: target },
        { name: "door/through", content },
        { name: "../../../up", content },
        { name: `${target}/absolute`, content },
      ]);
      writeFileSync(evil, archive);
      bench.containers.perform({
        type: "launch",
        spec: contractSpec(shell("id"), { root: { kind: "file", path: evil } }),
      });
      await until("its refusal", () =>
        bench.outcomes.some(
          (outcome) => outcome.type === "launch-failed" && outcome.message.includes("evil.tar"),
        ),
      );
      assert.deepEqual(readdirSync(target), []);
    });
  });
}
