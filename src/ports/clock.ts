/**
 * Time and later: real in the shell, virtual in the simulator.
 */

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds since the epoch; may jump, so rooms compare times but never count on steady progress. */
  nowMs(): number;
  after(delayMs: number, run: () => void): Cancel;
  /** Runs soon, after what is already waiting; used to gather a batch. */
  soon(run: () => void): void;
}
