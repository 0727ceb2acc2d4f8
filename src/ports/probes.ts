/**
 * Network probes from the master's side, for TCP and HTTP health checks of apps.
 *
 * Each `perform` is answered by exactly one result, at the latest after the time-out.
 */

export type ProbeRequest = {
  readonly probeId: string;
  readonly address: string;
  readonly port: number;
  readonly timeoutMs: number;
} & (
  | { readonly protocol: "tcp" }
  /** 200 to 399 passes. A certificate is not verified, as in Marathon. */
  | {
      readonly protocol: "http" | "https";
      readonly path: string;
      /** The answer's body is read, as far as `limits.probeBodyBytesMax`. */
      readonly withBody?: boolean;
    }
);

export type ProbeResult = {
  readonly probeId: string;
  readonly ok: boolean;
  readonly message: string;
  /** What an HTTP server answered; absent when none did. */
  readonly response?: ProbeResponse | undefined;
};

export type ProbeResponse = {
  readonly status: number;
  /** Without parameters; empty when the answer had none. */
  readonly contentType: string;
  /** Empty unless it was asked for. */
  readonly body: string;
};

export interface Probes {
  perform(request: ProbeRequest, done: (result: ProbeResult) => void): void;
}
