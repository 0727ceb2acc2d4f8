/**
 * Layers and steps as properties over random trees, beside a plain way to say what they must be.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type AppId, appId, type GroupId, groupId } from "#model/ids.ts";
import { type DependencyTree, dependencyLayers } from "./dependency-layers.ts";
import { deploymentSteps, type StepChange } from "./deployment-steps.ts";

type Path = AppId | GroupId;
type Random = {
  /** The group of each service, by number. */
  readonly groups: readonly number[];
  readonly edges: readonly (readonly [number, number])[];
  readonly groupEdges: readonly (readonly [number, number])[];
};

const groupCount = 3;
const random = fc.record({
  groups: fc.array(fc.nat({ max: groupCount - 1 }), { minLength: 1, maxLength: 12 }),
  edges: fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 11 + groupCount })), { maxLength: 14 }),
  groupEdges: fc.array(fc.tuple(fc.nat({ max: groupCount - 1 }), fc.nat({ max: groupCount - 1 })), {
    maxLength: 2,
  }),
});

const nameOf = (index: number): AppId => appId(`/app-${index}`);
const groupOf = (index: number): GroupId => groupId(`/group-${index}`);

function treeOf({ groups, edges, groupEdges }: Random): DependencyTree {
  const index = (path: Path): number => Number(path.slice(path.indexOf("-") + 1));
  const target = (to: number): Path => (to > 11 ? groupOf(to - 12) : nameOf(to));
  return {
    isService: (path) => path.startsWith("/app-") && index(path) < groups.length,
    dependenciesOf: (service) => [
      ...edges.filter(([from]) => from === index(service)).map(([, to]) => target(to)),
      ...groupEdges.filter(([from]) => from === groups[index(service)]).map(([, to]) => groupOf(to)),
    ],
    childrenOf: (group) =>
      group.startsWith("/group-")
        ? groups.flatMap((one, service) => (one === index(group) ? [nameOf(service)] : []))
        : [],
  };
}

/** Services that the service waits for directly, groups taken apart. */
const directly = (tree: DependencyTree, service: AppId): readonly AppId[] =>
  tree
    .dependenciesOf(service)
    .flatMap((path) => (tree.isService(path) ? [path] : tree.childrenOf(path as GroupId))) as AppId[];

/** The longest way, by walking every one; undefined: it comes back to itself. */
function longest(tree: DependencyTree, service: AppId, above: readonly AppId[] = []): number | undefined {
  if (above.includes(service)) return undefined;
  let most = 0;
  for (const next of directly(tree, service)) {
    const length = longest(tree, next, [...above, service]);
    if (length === undefined) return undefined;
    most = Math.max(most, length);
  }
  return most + 1;
}

test("each layer is the longest way through what a service depends on; a circle is found whenever there is one", () => {
  fc.assert(
    fc.property(random, (drawn) => {
      const tree = treeOf(drawn);
      const ids = drawn.groups.map((_, index) => nameOf(index));
      const expected = ids.map((id) => longest(tree, id));
      const layers = dependencyLayers(tree, ids);
      if (layers.kind === "layers") {
        assert.deepEqual(
          ids.map((id) => layers.of.get(id)),
          expected,
        );
        return;
      }
      assert.ok(expected.includes(undefined), "there is no circle");
      const { path } = layers;
      assert.ok(path.length >= 2 && path[0] === path.at(-1));
      for (const [index, id] of path.entries()) {
        const next = path[index + 1];
        if (next !== undefined)
          assert.ok(directly(tree, id).includes(next), `${id} does not wait for ${next}`);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a chain as long as there may be apps is no trouble", () => {
  const length = 20_000;
  const tree: DependencyTree = {
    isService: (path) => path.startsWith("/app-"),
    dependenciesOf: (service) => {
      const next = Number(service.slice(5)) + 1;
      return next < length ? [nameOf(next)] : [];
    },
    childrenOf: () => [],
  };
  const layers = dependencyLayers(tree, [nameOf(0)]);
  assert.ok(layers.kind === "layers" && layers.of.get(nameOf(0)) === length);
});

test("steps: stop first, start next, then the layers in their order; each service is changed once", () => {
  const change = fc.record({
    how: fc.constantFrom<StepChange["how"]>("removed", "new", "scaled", "replaced"),
    layer: fc.integer({ min: 1, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (drawn) => {
      const changes = drawn.map(({ how }, index) => ({ id: nameOf(index), how }));
      const layerOf = (id: AppId): number => drawn[Number(id.slice(5))]?.layer ?? 0;
      const steps = deploymentSteps(changes, layerOf);
      const order = steps.map(({ actions }) => actions.map(({ action }) => action));
      const isLayer = (step: readonly string[] | undefined): boolean =>
        step?.every((action) => action === "scale" || action === "restart") ?? false;
      const firstLayer = order.findIndex(isLayer);
      for (const [index, step] of order.entries()) {
        assert.ok(step.length > 0, "no step is empty");
        if (firstLayer >= 0 && index >= firstLayer) assert.ok(isLayer(step));
        else assert.ok(new Set(step).size === 1 && (step[0] === "stop" || step[0] === "start"));
      }
      assert.ok(order.findIndex(([action]) => action === "stop") <= 0, "what stops stops first");
      const layers = steps.slice(firstLayer < 0 ? steps.length : firstLayer).map(({ actions }) => {
        const numbers = new Set(actions.map(({ appId: id }) => layerOf(id)));
        assert.equal(numbers.size, 1, "one layer a step");
        return [...numbers][0] ?? 0;
      });
      assert.deepEqual(
        layers,
        [...layers].sort((a, b) => a - b),
      );
      for (const { id, how } of changes) {
        const actions = steps.flatMap(({ actions: all }) => all).filter(({ appId: one }) => one === id);
        const expected = {
          removed: ["stop"],
          new: ["start", "scale"],
          scaled: ["scale"],
          replaced: ["restart"],
        };
        assert.deepEqual(
          actions.map(({ action }) => action),
          expected[how],
        );
      }
    }),
  );
});
