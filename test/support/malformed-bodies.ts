/**
 * More than a hundred bodies that no endpoint may take, for every way in which a body can be wrong.
 *
 * Each is wrong as a definition of an app, whether it is created or changed. Where one field is at fault its
 * path is given, and the answer must name it. Nothing here is random: a failure names its body.
 */

import { limits } from "#base/limits.ts";

export type MalformedBody = {
  /** Says what is wrong, for the test's output. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** The path that the answer must name; undefined when the document as a whole is wrong. */
  readonly field: string | undefined;
};

/** The endpoints that read a body, with paths as Marathon's clients write them. */
export const endpointsWithBodies = [
  { method: "POST", path: "/v2/apps" },
  { method: "PUT", path: "/v2/apps" },
  { method: "PATCH", path: "/v2/apps" },
  { method: "PUT", path: "/v2/apps/web" },
  { method: "PATCH", path: "/v2/apps/web" },
  { method: "POST", path: "/v2/tasks/delete" },
] as const;

const encoder = new TextEncoder();
const validText = '{"id":"/web","cmd":"sleep 1000","env":{"A":"b"},"instances":1,"cpus":0.1}';

export const malformedBodies = (): readonly MalformedBody[] => [
  ...brokenDocuments(),
  ...wrongEncodings(),
  ...tooMuch(),
  ...wrongRoots(),
  ...wrongFields(),
  ...brokenRules(),
];

const text = (name: string, body: string, field?: string): MalformedBody => ({
  name,
  bytes: encoder.encode(body),
  field,
});

const raw = (name: string, bytes: Uint8Array): MalformedBody => ({ name, bytes, field: undefined });

function brokenDocuments(): readonly MalformedBody[] {
  const truncated = [1, 2, 5, 6, 10, 14, 17, 25, 40, 45, 60, validText.length - 1].map((length) =>
    text(`truncated after ${length} characters`, validText.slice(0, length)),
  );
  const broken = {
    "nothing at all": "",
    blanks: " \n\t ",
    "a word": "hello",
    "half a literal": "tru",
    undefined: "undefined",
    NaN: "NaN",
    "single quotes": "{'id':'/web'}",
    "names without quotes": '{id:"/web"}',
    "a trailing comma": '{"id":"/web",}',
    "a comment": '{"id":"/web"} // the web',
    "two documents": `${validText}${validText}`,
    "a string without end": '{"id":"/web',
    "an unknown escape": '{"id":"\\x41"}',
    "half an escape": '{"id":"\\u12"}',
    "a raw control character": '{"id":"/w\u0001eb"}',
    "a raw new line in a string": '{"id":"/w\neb"}',
    "a leading zero": '{"id":"/web","cmd":"x","instances":01}',
    "a leading plus": '{"id":"/web","cmd":"x","instances":+1}',
    "a hexadecimal number": '{"id":"/web","cmd":"x","instances":0x1}',
    "a number that ends in a dot": '{"id":"/web","cmd":"x","cpus":1.}',
    "NaN as a value": '{"id":"/web","cmd":"x","cpus":NaN}',
    "Infinity as a value": '{"id":"/web","cmd":"x","cpus":Infinity}',
    "a closing bracket too many": '{"id":"/web"}}',
    "brackets that do not match": '{"args":[1}',
    "a form": "id=%2Fweb&cmd=sleep",
    XML: "<app><id>/web</id></app>",
    YAML: "id: /web\ncmd: sleep 1000\n",
  };
  return [...truncated, ...Object.entries(broken).map(([name, body]) => text(name, body))];
}

function wrongEncodings(): readonly MalformedBody[] {
  const ascii = encoder.encode('{"id":"/web","cmd":"X"}');
  const withBytes = (...bytes: readonly number[]): Uint8Array => {
    const at = ascii.indexOf(0x58 /* X */);
    return Uint8Array.from([...ascii.slice(0, at), ...bytes, ...ascii.slice(at + 1)]);
  };
  const codes = [...validText].map((letter) => letter.charCodeAt(0));
  return [
    raw("Latin-1", withBytes(0xe4)),
    raw("an overlong slash", withBytes(0xc0, 0xaf)),
    raw("half a character", withBytes(0xe2, 0x82)),
    raw("a continuation byte alone", withBytes(0x80)),
    raw("a surrogate in UTF-8", withBytes(0xed, 0xa0, 0x80)),
    raw("a character beyond Unicode", withBytes(0xf4, 0x90, 0x80, 0x80)),
    raw("bytes that are in no UTF-8", withBytes(0xff, 0xfe)),
    raw("UTF-16, little end first", Uint8Array.from([0xff, 0xfe, ...codes.flatMap((code) => [code, 0])])),
    raw("UTF-16, big end first", Uint8Array.from([0xfe, 0xff, ...codes.flatMap((code) => [0, code])])),
    raw("UTF-32", Uint8Array.from(codes.flatMap((code) => [code, 0, 0, 0]))),
    raw("gzip", Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0x56, 0xca, 0x4c, 0x51])),
    raw("zeros", new Uint8Array(64)),
    raw(
      "every byte there is",
      Uint8Array.from({ length: 256 }, (_, index) => index),
    ),
  ];
}

function tooMuch(): readonly MalformedBody[] {
  const nested = (open: string, close: string, depth: number): string =>
    open.repeat(depth) + close.repeat(depth);
  const longText = "x".repeat(limits.stringLengthMax + 1);
  const many = (count: number): string =>
    Array.from({ length: count }, (_, index) => `"k${index}":"v"`).join(",");
  const app = (members: string): string => `{"id":"/web","cmd":"x",${members}}`;
  return [
    raw("more bytes than a body may have", new Uint8Array(limits.requestBodyBytesMax + 1).fill(0x20)),
    text("arrays in arrays", nested("[", "]", limits.jsonDepthMax + 1)),
    text(
      "objects in objects",
      `${'{"a":'.repeat(limits.jsonDepthMax + 1)}1${"}".repeat(limits.jsonDepthMax + 1)}`,
    ),
    text("arrays in arrays, 100,000 deep", nested("[", "]", 100_000)),
    text("arrays that are never closed", "[".repeat(100_000)),
    text("objects that are never closed", '{"a":'.repeat(50_000)),
    text("a deep member", app(`"labels":${nested("[", "]", 500)}`)),
    text("a command without end", `{"id":"/web","cmd":"${longText}"}`, "/cmd"),
    text("a label without end", app(`"labels":{"a":"${longText}"}`), "/labels/a"),
    text("an id without end", `{"id":"/${"x".repeat(limits.idLengthMax)}","cmd":"x"}`, "/id"),
    text("too many labels", app(`"labels":{${many(limits.labelsMax + 1)}}`), "/labels"),
    text("too many variables", app(`"env":{${many(limits.envEntriesMax + 1)}}`), "/env"),
    text(
      "too many ports",
      app(
        `"ports":[${Array(limits.portsPerAppMax + 1)
          .fill(0)
          .join(",")}]`,
      ),
      "/ports",
    ),
    text(
      "too many health checks",
      app(
        `"healthChecks":[${Array(limits.healthChecksPerAppMax + 1)
          .fill("{}")
          .join(",")}]`,
      ),
      "/healthChecks",
    ),
    text("too many arguments", `{"id":"/web","args":[${Array(5_000).fill('"x"').join(",")}]}`, "/args"),
    text("a number beyond all", app('"cpus":1e999'), "/cpus"),
    text("a number beyond all, below", app('"mem":-1e999'), "/mem"),
    text("more cpus than exist", app('"cpus":1e300'), "/cpus"),
    text("more instances than are possible", app('"instances":9007199254740993'), "/instances"),
  ];
}

const wrongRoots = (): readonly MalformedBody[] =>
  [
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e5",
    '"text"',
    '""',
    "[null]",
    "[1]",
    '["/web"]',
    "[[]]",
    "[{}, {}]",
  ].map((body) => text(`${body} as the document`, body));

/** For each field, values of types that it does not have. */
const wrongValues: Readonly<Record<string, readonly string[]>> = {
  id: ["1", "true", "{}", "[]", '""'],
  cmd: ["1", "false", "{}", '["ls"]', '""'],
  args: ['"ls"', "{}", "7", "[1]", "[[]]", "[null]"],
  user: ["0", "{}", '""'],
  env: ['"A=b"', "[]", '["A=b"]', "1", '{"A":1}', '{"A":true}', '{"A":[]}', '{"A":{}}'],
  labels: ['"a"', "[]", '{"a":1}', '{"a":{}}'],
  instances: ['"1"', "1.5", "-1", "{}", "[]", "true"],
  cpus: ['"1"', "-0.1", "{}", "[]", "true"],
  mem: ['"128"', "-1", "[]"],
  disk: ['"0"', "-1"],
  gpus: ['"1"', "-1", "0.5"],
  resourceLimits: ['"unlimited"', "[]", '{"cpus":"many"}', '{"mem":-1}', '{"mem":{}}'],
  ports: ["8080", '["http"]', "[-1]", "[65536]", "[1.5]", "{}"],
  portDefinitions: ["{}", "[8080]", '[{"port":"http"}]', '[{"protocol":"sctp"}]', '[{"labels":[]}]'],
  requirePorts: ['"true"', "1"],
  container: ['"MESOS"', "[]", '{"type":"LXC"}', '{"docker":"nginx"}', '{"docker":{"image":5}}'],
  networks: ['"host"', "{}", '["host"]', '[{"mode":"bridge"}]'],
  healthChecks: ["{}", '["HTTP"]', '[{"protocol":"PING"}]', '[{"path":5}]', '[{"intervalSeconds":"10"}]'],
  upgradeStrategy: ["1", "[]", '{"minimumHealthCapacity":2}', '{"maximumOverCapacity":"1"}'],
  backoffSeconds: ['"1"', "-1", "{}"],
  backoffFactor: ['"1.15"', "0.5"],
  maxLaunchDelaySeconds: ['"300"', "-1"],
  taskKillGracePeriodSeconds: ['"3"', "-1"],
  killSelection: ["1", '"RANDOM"'],
  unreachableStrategy: ["5", '"never"', '{"inactiveAfterSeconds":"1"}', '{"expungeAfterSeconds":-1}'],
  acceptedResourceRoles: ['"*"', "[1]", "{}"],
  constraints: ['"UNIQUE"', "{}"],
  fetch: ['"http://x"', "{}"],
};

const wrongFields = (): readonly MalformedBody[] =>
  Object.entries(wrongValues).flatMap(([field, values]) =>
    values.map((value) =>
      text(`${field}: ${value}`, `{${othersThan(field)}"${field}":${value}}`, `/${field}`),
    ),
  );

/** What an app needs beside the field, so that the field alone is at fault. */
const othersThan = (field: string): string =>
  (field === "id" ? "" : '"id":"/web",') + (field === "cmd" || field === "args" ? "" : '"cmd":"sleep 1",');

/** Of the right types, and still nothing that can be. */
function brokenRules(): readonly MalformedBody[] {
  const app = (members: string): string => `{"id":"/web","cmd":"x",${members}}`;
  const ids = [
    "/Web",
    "/a_b",
    "/a b",
    "/-a",
    "/a-",
    "/a..b",
    "/..",
    "/",
    "/ä",
    "/a/tasks",
    "/a\\u0000",
    "/%2F",
  ];
  return [
    ...ids.map((id) => text(`the id ${id}`, `{"id":"${id}","cmd":"x"}`, "/id")),
    text("a lone surrogate", '{"id":"/web","cmd":"\\ud800"}', "/cmd"),
    text("a lone surrogate in a name", app('"env":{"\\udc00":"x"}'), "/env"),
    text("a NUL in a command", '{"id":"/web","cmd":"a\\u0000b"}', "/cmd"),
    text("a NUL in the name of a variable", app('"env":{"A\\u0000":"x"}'), "/env"),
    text("a variable without a name", app('"env":{"":"x"}'), "/env"),
    text("a variable with = in its name", app('"env":{"A=B":"x"}'), "/env"),
    text("an id behind __proto__", '{"__proto__":{"id":"/web","cmd":"x"},"cpus":"1"}', "/cpus"),
    text(
      "__proto__ among wrong labels",
      app('"labels":{"__proto__":{},"constructor":1}'),
      "/labels/constructor",
    ),
    text("cmd and args", app('"args":["x"]'), "/args"),
    text(
      "a check of a port that is not there",
      app('"healthChecks":[{"portIndex":3}]'),
      "/healthChecks(0)/portIndex",
    ),
    text("a check of no command", app('"healthChecks":[{"protocol":"COMMAND"}]'), "/healthChecks(0)/command"),
    text("a path with a line break", app('"healthChecks":[{"path":"/\\r\\nX: y"}]'), "/healthChecks(0)/path"),
    text(
      "an interval of nothing",
      app('"healthChecks":[{"intervalSeconds":0}]'),
      "/healthChecks(0)/intervalSeconds",
    ),
    text("a limit below the request", app('"mem":64,"resourceLimits":{"mem":32}'), "/resourceLimits/mem"),
    text("a port twice", app('"ports":[8080,8080]'), "/port"),
    text(
      "a port's name twice",
      app('"portDefinitions":[{"name":"a"},{"name":"a"}]'),
      "/portDefinitions(1)/name",
    ),
    text(
      "expunged before inactive",
      app('"unreachableStrategy":{"inactiveAfterSeconds":9,"expungeAfterSeconds":1}'),
      "/unreachableStrategy",
    ),
    text(
      "an image whose name is none",
      app('"container":{"type":"MESOS","docker":{"image":"Nginx:"}}'),
      "/container/docker/image",
    ),
    text(
      "an image that leads elsewhere",
      app('"container":{"docker":{"image":"file:///a/../etc"}}'),
      "/container/docker/image",
    ),
    text("a constraint without an operator", app('"constraints":[["hostname"]]'), "/constraints(0)"),
    text(
      "a constraint with an operator that is none",
      app('"constraints":[["a","NEAR"]]'),
      "/constraints(0)",
    ),
    text("a constraint with a value too many", app('"constraints":[["a","UNIQUE","b"]]'), "/constraints(0)"),
    text("a constraint whose pattern is none", app('"constraints":[["a","LIKE","("]]'), "/constraints(0)"),
    text("a constraint whose number is none", app('"constraints":[["a","MAX_PER","x"]]'), "/constraints(0)"),
    text("something that cannot be fetched", app('"fetch":[{"uri":"hdfs://x/y"}]'), "/fetch(0)/uri"),
    text("a secret", app('"env":{"A":{"secret":"s"}}'), "/env/A/secret"),
    text("a volume", app('"container":{"volumes":[{"hostPath":"/"}]}'), "/container/volumes"),
    text("a network of containers", app('"networks":[{"mode":"container"}]'), "/networks"),
  ];
}
