/** What layers take away, as the kernel sees it, as a copy has it, and as the tree of layers says. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { layDown } from "#shell/images/layers/lay-down.ts";
import { LayeredTree, type LayerView } from "#shell/images/layers/layered-tree.ts";
import { type LayerEntry, layerOf } from "./images-build.ts";
import { form, isRoot, newDirectory, unpack } from "./images-unpacked.ts";

const noOverlay = form === "overlay" ? false : "overlayfs cannot be mounted here";

/** What a directory of a layer holds. */
type Node =
  | { readonly kind: "file"; readonly content: string }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "gone" }
  | {
      readonly kind: "directory";
      readonly isOpaque: boolean;
      /** Undefined: the layer does not describe it. */
      readonly mode: number | undefined;
      readonly inside: Readonly<Record<string, Node>>;
    };

const names = fc.constantFrom("a", "b", "c", "\xff\xe4");

const { tree: treeArbitrary } = fc.letrec<{ node: Node; tree: Readonly<Record<string, Node>> }>((tie) => ({
  tree: fc.dictionary(names, tie("node") as fc.Arbitrary<Node>, { maxKeys: 4 }),
  node: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    fc.record({ kind: fc.constant("file"), content: fc.constantFrom("", "1", "22") }) as fc.Arbitrary<Node>,
    fc.record({
      kind: fc.constant("link"),
      target: fc.constantFrom("a", "/b", "../c", "/etc"),
    }) as fc.Arbitrary<Node>,
    fc.record({ kind: fc.constant("gone") }) as fc.Arbitrary<Node>,
    fc.record({
      kind: fc.constant("directory"),
      isOpaque: fc.boolean(),
      mode: fc.constantFrom(undefined, 0o700, 0o755, 0o1777),
      inside: tie("tree") as fc.Arbitrary<Readonly<Record<string, Node>>>,
    }) as fc.Arbitrary<Node>,
  ),
}));

/** The entries of a layer; the places of what is taken away are drawn by the order of names. */
function entriesOf(inside: Readonly<Record<string, Node>>, path = ""): readonly LayerEntry[] {
  return Object.entries(inside).flatMap(([name, node]): readonly LayerEntry[] => {
    const here = `${path}${name}`;
    if (node.kind === "file") return [{ name: here, content: node.content }];
    if (node.kind === "link") return [{ name: here, type: "symlink", target: node.target }];
    if (node.kind === "gone") return [{ name: `${path}.wh.${name}` }];
    return [
      ...(node.mode === undefined ? [] : [{ name: `${here}/`, mode: node.mode }]),
      ...entriesOf(node.inside, `${here}/`),
      ...(node.isOpaque ? [{ name: `${here}/.wh..wh..opq` }] : []),
    ];
  });
}

/** Whether there is anything at all in the archive that appears; whiteouts do not. */
const brings = (node: Node): boolean => {
  if (node.kind === "gone") return false;
  return node.kind !== "directory" || node.mode !== undefined || Object.values(node.inside).some(brings);
};

/** What must be seen once the layer is on top. */
function merged(
  below: Readonly<Record<string, Node>>,
  layer: Readonly<Record<string, Node>>,
): Readonly<Record<string, Node>> {
  const result: Record<string, Node> = { ...below };
  for (const [name, node] of Object.entries(layer)) {
    const old = below[name];
    const under = old?.kind === "directory" ? old : undefined;
    if (node.kind === "gone") delete result[name];
    else if (node.kind !== "directory") result[name] = node;
    // Where nothing is to be taken away from, taking away makes nothing.
    else if (under !== undefined || brings(node)) {
      const base = node.isOpaque ? {} : (under?.inside ?? {});
      result[name] = { ...node, mode: node.mode ?? under?.mode ?? 0o755, inside: merged(base, node.inside) };
    }
  }
  return result;
}

function linesOf(inside: Readonly<Record<string, Node>>, path = "."): readonly string[] {
  return Object.entries(inside).flatMap(([name, node]): readonly string[] => {
    const here = `${path}/${name}`;
    if (node.kind === "file") return [`f 644 ${here} ${node.content.length}`];
    if (node.kind === "link") return [`l 777 ${here} ${node.target}`];
    if (node.kind === "gone") return [];
    return [`d ${(node.mode ?? 0o755).toString(8)} ${here} `, ...linesOf(node.inside, here)];
  });
}

const FIND =
  "LC_ALL=C find . -mindepth 1 -printf '%y %m %p ' \\( -type f -printf '%s\\n' -o -printf '%l\\n' \\)";

const segments = ["a", "b", "c"];
const pairs = segments.flatMap((one) => segments.map((two) => `${one}/${two}`));
const allPaths = [
  ...segments,
  ...pairs,
  ...pairs.flatMap((pair) => segments.map((last) => `${pair}/${last}`)),
];

async function checkLayers(layers: readonly Readonly<Record<string, Node>>[]): Promise<void> {
  let wanted: Readonly<Record<string, Node>> = {};
  const overlay: LayerView[] = [];
  const plain: LayerView[] = [];
  for (const layer of layers) {
    wanted = merged(wanted, layer);
    const bytes = layerOf([{ name: "./" }, ...entriesOf(layer)]);
    overlay.unshift(await unpack(bytes, { below: overlay, form: "overlay" }));
    plain.unshift(await unpack(bytes, { below: plain, form: "plain" }));
  }
  const lines = linesOf(wanted).toSorted();
  const sorted = (text: string): readonly string[] => text.split("\n").filter(Boolean).toSorted();
  const point = newDirectory();
  const lower = overlay.map(({ directory }) => directory).join(":");
  const mounted = execFileSync(
    "unshare",
    [
      "--mount",
      "sh",
      "-c",
      `mount -t overlay -o "lowerdir=$1" overlay "$2" && cd "$2" && ${FIND}`,
      "sh",
      lower,
      point,
    ],
    { encoding: "latin1" },
  );
  assert.deepEqual(sorted(mounted), lines, "as the kernel sees it");
  const copy = newDirectory();
  await layDown(plain, copy, new AbortController().signal);
  assert.deepEqual(
    sorted(execFileSync("sh", ["-c", FIND], { cwd: copy, encoding: "latin1" })),
    lines,
    "copied",
  );
  const tree = new LayeredTree(overlay);
  for (const line of lines) {
    const [type, mode, path = ""] = line.split(" ");
    const found = await tree.lstat(path.slice(2));
    assert.ok(found !== undefined, `${path} is in the tree`);
    assert.equal((found.stats.mode & 0o7777).toString(8), mode);
    assert.equal(found.stats.isDirectory(), type === "d");
  }
  for (const path of allPaths) {
    const isThere = lines.some((line) => line.split(" ")[2] === `./${path}`);
    assert.equal((await tree.lstat(path)) !== undefined, isThere, path);
  }
}

function takingAway(): void {
  describe("what layers take away", () => {
    it("seen alike by the kernel, by a copy and by the tree of layers (property)", {
      skip: noOverlay,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(treeArbitrary, { minLength: 2, maxLength: 4 }), checkLayers),
        { numRuns: 15, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false },
      );
    });

    it("a directory that a layer does not describe looks as it does below", async () => {
      const base = await unpack(layerOf([{ name: "t/", mode: 0o1777, uid: 5, gid: 6 }]));
      const upper = await unpack(layerOf([{ name: "t/file" }, { name: "new/file" }]), { below: [base] });
      const { mode, uid, gid, mtimeMs } = statSync(join(upper.directory, "t"));
      assert.deepEqual([mode & 0o7777, uid, gid, mtimeMs], [0o1777, 5, 6, 1_000_000_000_000]);
      assert.equal(statSync(join(upper.directory, "new")).mode & 0o7777, 0o755);
    });

    it("a name taken away and given anew in one layer is new", async () => {
      const base = await unpack(layerOf(["file", "d/x", "gone/x", "gone/y"].map((name) => ({ name }))));
      const { whiteouts, opaques } = await unpack(
        layerOf([
          { name: ".wh.file" },
          { name: "file", content: "new" },
          { name: "d/", mode: 0o700 },
          { name: ".wh.d" },
          { name: "gone/.wh.x" },
          { name: "gone/.wh.never-there" },
          { name: ".wh..wh.plnk/1.2" },
        ]),
        { below: [base] },
      );
      assert.deepEqual([[...whiteouts], [...opaques]], [["gone/x"], ["d"]]);
    });

    it("a directory whose contents below are taken away", async () => {
      const base = await unpack(layerOf([{ name: "d/old" }, { name: "e/old" }]));
      const upper = await unpack(layerOf([{ name: "d/.wh..wh..opq" }, { name: "d/new" }]), { below: [base] });
      const tree = new LayeredTree([upper, base]);
      const there = await Promise.all(
        ["d/old", "d/new", "e/old"].map(async (path) => (await tree.lstat(path)) !== undefined),
      );
      assert.deepEqual(there, [false, true, true]);
    });

    it("a whole root taken away", async () => {
      const base = await unpack(layerOf([{ name: "old" }]));
      const upper = await unpack(layerOf([{ name: ".wh..wh..opq" }, { name: "new" }]), { below: [base] });
      const tree = new LayeredTree([upper, base]);
      assert.equal(await tree.lstat("old"), undefined);
      assert.ok((await tree.lstat("new")) !== undefined);
    });
  });
}

if (isRoot) takingAway();
else it("what layers take away", { skip: "only root keeps owners and devices" }, () => {});
