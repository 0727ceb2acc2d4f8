/**
 * Defects that the simulator must find, each with a seed that finds it. They are text, and never product code.
 */

export type PlantedBug = {
  readonly name: string;
  /** Below `src/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly seed: number;
};

export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "effects leave before they are durable",
    file: "loop/outbox.ts",
    find: "durable: rows.length === 0,",
    replace: "durable: true,",
    seed: 1,
  },
];
