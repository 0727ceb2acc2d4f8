/**
 * Plugins made real: modules of the operator's, loaded when the master starts.
 *
 * They run in this process with its rights. What they return is looked at before it is believed; one that throws, or
 * answers with something else than it should, refuses what it was to look at, and takes nothing down.
 */

import { pathToFileURL } from "node:url";
import { limits } from "#base/limits.ts";
import type { AppProblem } from "#model/app-rules.ts";
import { versionId } from "#model/ids.ts";
import { isPod, type PodDefinition, type RunSpec } from "#model/pod.ts";
import type { PluginAnswer, PluginInfo, PluginKind, PluginRequest, Plugins } from "#ports/plugins.ts";
import { formatDefinition } from "#wire/marathon/app-format.ts";
import { formatPod } from "#wire/marathon/pod-format.ts";

type Hook = (given: unknown) => unknown;
const hookNames = ["changeApp", "changePod", "checkApp", "checkPod", "handle"] as const;
type HookName = (typeof hookNames)[number];
type Plugin = PluginInfo & { readonly hooks: Readonly<Record<HookName, Hook | undefined>> };

/** Throws, saying which and why, when one cannot be loaded. */
export async function loadPlugins(files: readonly string[]): Promise<Plugins> {
  const plugins: Plugin[] = [];
  for (const file of files) {
    const plugin = await loadPlugin(file);
    if (plugins.some(({ id }) => id === plugin.id))
      throw new Error(`The plugin ${file} has the id '${plugin.id}', which another one has already.`);
    plugins.push(plugin);
  }
  return {
    list: plugins.map(({ id, info, file }) => ({ id, info, file })),
    change: (kind, body) => change(plugins, kind, body),
    review: (definition) => plugins.flatMap((plugin) => review(plugin, definition)),
    handle: (id, request, done) => {
      const handle = plugins.find((plugin) => plugin.id === id)?.hooks.handle;
      if (handle !== undefined) answer(id, handle, request, done);
      return handle !== undefined;
    },
  };
}

async function loadPlugin(file: string): Promise<Plugin> {
  const module = (await import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new Error(`The plugin ${file} cannot be loaded: ${textOf(error)}`);
  })) as Readonly<Record<string, unknown>>;
  const { id, info = {} } = module;
  if (typeof id !== "string" || !/^[\w.-]{1,64}$/.test(id))
    throw new Error(
      `The plugin ${file} must export an id of letters, digits, dots, hyphens and underscores.`,
    );
  const wrong = hookNames.find((name) => !isOptionalFunction(module[name]));
  if (wrong !== undefined) throw new Error(`${wrong} of the plugin ${file} must be a function.`);
  if (hookNames.every((name) => module[name] === undefined))
    throw new Error(`The plugin ${file} exports none of ${hookNames.join(", ")}, and so does nothing.`);
  const { changeApp, changePod, checkApp, checkPod, handle } = module as Plugin["hooks"];
  return { id, info, file, hooks: { changeApp, changePod, checkApp, checkPod, handle } };
}

const isOptionalFunction = (value: unknown): boolean => value === undefined || typeof value === "function";

function change(plugins: readonly Plugin[], kind: PluginKind, body: unknown): ReturnType<Plugins["change"]> {
  let value = body;
  for (const { id, hooks } of plugins) {
    const hook = kind === "app" ? hooks.changeApp : hooks.changePod;
    if (hook === undefined) continue;
    const fault = (why: string) => ({ ok: false, fault: `the plugin '${id}' refuses it: ${why}` }) as const;
    try {
      const changed = hook(structuredClone(value));
      if (changed === undefined) continue;
      if (!isRecord(changed)) return fault("it must return the definition, at once");
      // What came as JSON stays JSON: no functions, no dates, no circles.
      value = JSON.parse(JSON.stringify(changed));
    } catch (error) {
      return fault(textOf(error));
    }
  }
  return { ok: true, value };
}

function review(plugin: Plugin, definition: RunSpec): readonly AppProblem[] {
  const check = isPod(definition) ? plugin.hooks.checkPod : plugin.hooks.checkApp;
  if (check === undefined) return [];
  const failed = (why: string): readonly AppProblem[] => [
    { path: "/", errors: [`the plugin '${plugin.id}' could not look at it: ${why}`] },
  ];
  try {
    const shown = isPod(definition) ? shownPod(definition) : formatDefinition(definition);
    // A copy: a plugin that writes into what it is given changes nothing.
    const said = check(structuredClone(shown));
    const problems = said === undefined ? [] : readProblems(said);
    return problems ?? failed("it must return a list of {path, error}, at once");
  } catch (error) {
    return failed(textOf(error));
  }
}

/** It has no version yet. */
function shownPod(definition: PodDefinition): unknown {
  const version = versionId("");
  const { version: _none, ...shown } = formatPod({
    ...{ definition, version },
    ...{ lastScalingAt: version, lastConfigChangeAt: version },
  });
  return shown;
}

function readProblems(said: unknown): readonly AppProblem[] | undefined {
  if (!Array.isArray(said)) return undefined;
  const problems: AppProblem[] = [];
  for (const one of said) {
    const { path, error } = isRecord(one) ? one : {};
    if (typeof path !== "string" || typeof error !== "string") return undefined;
    problems.push({ path, errors: [error] });
  }
  return problems;
}

/** Answers once: with what the plugin says, or with what is wrong with it. */
function answer(
  id: string,
  handle: Hook,
  request: PluginRequest,
  done: (answer: PluginAnswer) => void,
): void {
  let answered = false;
  const finish = (given: PluginAnswer): void => {
    if (answered) return;
    answered = true;
    clearTimeout(timer);
    done(given);
  };
  const fail = (status: number, why: string): void => {
    const body = JSON.stringify({ message: `The plugin '${id}' ${why}` });
    finish({ status, headers: { "Content-Type": "application/json" }, body });
  };
  const timer = setTimeout(
    () => fail(503, `did not answer within ${limits.pluginAnswerMs} ms.`),
    limits.pluginAnswerMs,
  );
  // Whatever it does, it does it in here.
  Promise.resolve()
    .then(() => handle({ ...request, body: new TextDecoder().decode(request.body) }))
    .then(
      (given) => {
        const read = readAnswer(given);
        if (read === undefined) fail(502, "gave no answer: it must return {status, headers, body}.");
        else finish(read);
      },
      (error: unknown) => fail(502, `failed: ${textOf(error)}`),
    );
}

function readAnswer(given: unknown): PluginAnswer | undefined {
  if (!isRecord(given)) return undefined;
  const { status = 200, headers = {}, body = "" } = given;
  if (!(Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599)) return undefined;
  if (!isRecord(headers) || !Object.entries(headers).every(isHeader)) return undefined;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  if (text === undefined || text.length > limits.pluginAnswerCharactersMax) return undefined;
  const type = typeof body === "string" ? {} : { "Content-Type": "application/json" };
  return {
    status: Number(status),
    headers: { ...type, ...(headers as PluginAnswer["headers"]) },
    body: text,
  };
}

/** Nothing that could end the line. */
const isHeader = ([name, value]: readonly [string, unknown]): boolean =>
  /^[\w-]{1,64}$/.test(name) && typeof value === "string" && /^[\x20-\x7e]{0,4096}$/.test(value);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Promise);

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
