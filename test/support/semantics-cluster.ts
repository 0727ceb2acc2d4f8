/**
 * A cluster for the tests of Mesos's semantics: frameworks that are forgotten at the end, and operators' calls.
 */

import assert from "node:assert/strict";
import { LiveCluster } from "../conformance/live-cluster.ts";
import { type FrameworkOptions, TestFramework } from "./scheduler-framework.ts";

export const jsonHeaders = { "Content-Type": "application/json" };

export class SemanticsCluster extends LiveCluster {
  readonly #frameworks: TestFramework[] = [];

  post(
    path: string,
    body: unknown,
    headers: Readonly<Record<string, string>> = jsonHeaders,
  ): Promise<Response> {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return fetch(this.master + path, { method: "POST", headers, body: text });
  }

  /** A call of the operator API, which must be answered so. */
  async operator(call: unknown, status = 200): Promise<string> {
    const response = await this.post("/api/v1", call);
    const text = await response.text();
    assert.equal(response.status, status, text);
    return text;
  }

  framework(options: FrameworkOptions = {}): TestFramework {
    const framework = new TestFramework(this.master, options);
    this.#frameworks.push(framework);
    return framework;
  }

  async subscribed(options: FrameworkOptions = {}, id?: string): Promise<TestFramework> {
    const framework = this.framework(options);
    await framework.subscribe(id);
    await framework.next("SUBSCRIBED");
    return framework;
  }

  async end(): Promise<void> {
    for (const framework of this.#frameworks) await framework.leave();
    await this.stop();
  }
}

export const teardown = (framework: TestFramework): Promise<void> => framework.call({ type: "TEARDOWN" });
