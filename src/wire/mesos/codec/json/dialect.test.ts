/**
 * Mesos's dialect of JSON, rule by rule; what was recorded from Mesos itself is in `golden.test.ts`.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeUtf8 } from "../../../json/text.ts";
import { type MessageName, messages } from "../../proto/tables.ts";
import { base64Text, bytesOfBase64 } from "./base64.ts";
import { messageFromJson } from "./decode.ts";
import { messageToJson } from "./encode.ts";
import { doubleText } from "./number-text.ts";

function read(name: MessageName, text: string): unknown {
  const outcome = messageFromJson(name, encodeUtf8(text));
  return outcome.ok ? outcome.value : assert.fail(outcome.why);
}

const refusal = (name: MessageName, text: string): string => {
  const outcome = messageFromJson(name, encodeUtf8(text));
  return outcome.ok ? assert.fail(`it was taken: ${text}`) : outcome.detail;
};

test("JSON dialect: unknown members are ignored, and null is unset", () => {
  assert.deepEqual(read("FrameworkID", '{"value":"f","x":{"y":[1]},"__proto__":{"value":1}}'), {
    value: "f",
  });
  assert.deepEqual(read("FrameworkInfo", '{"user":"u","name":"n","roles":null,"id":null}'), {
    user: "u",
    name: "n",
  });
  assert.equal(refusal("FrameworkID", '{"value":null}'), "Missing required fields: value");
});

test("JSON dialect: an unknown value of an enum is unset, and an error where it is required", () => {
  assert.deepEqual(read("scheduler.Call", '{"type":"NOPE"}'), {});
  assert.deepEqual(read("CapabilityInfo", '{"capabilities":["NOPE","CHOWN"]}'), { capabilities: ["CHOWN"] });
  assert.equal(refusal("Resource", '{"name":"cpus","type":"NOPE"}'), "Failed to find enum for 'NOPE'");
  assert.equal(refusal("scheduler.Call", '{"type":1}'), "Not expecting a JSON number for field 'type'");
});

test("JSON dialect: numbers and truths may come as strings", () => {
  assert.deepEqual(read("Value.Scalar", '{"value":"1.5"}'), { value: 1.5 });
  assert.deepEqual(read("Value.Scalar", '{"value":"Infinity"}'), { value: Number.POSITIVE_INFINITY });
  assert.deepEqual(read("Value.Scalar", '{"value":"-Infinity"}'), { value: Number.NEGATIVE_INFINITY });
  assert.deepEqual(read("Value.Range", '{"begin":"18446744073709551615","end":" 2 "}'), {
    begin: 2n ** 64n - 1n,
    end: 2n,
  });
  assert.deepEqual(read("CommandInfo", '{"shell":"false"}'), { shell: false });
  assert.match(refusal("Value.Scalar", '{"value":"NaN"}'), /'NaN' as a JSON number for field 'value'/);
  assert.match(refusal("Value.Scalar", '{"value":""}'), /'' as a JSON number/);
  assert.match(refusal("CommandInfo", '{"shell":"yes"}'), /'yes' as a JSON boolean for field 'shell'/);
});

test("JSON dialect: integers lose their fraction, but never wrap around", () => {
  assert.deepEqual(read("DurationInfo", '{"nanoseconds":1.9}'), { nanoseconds: 1n });
  assert.deepEqual(read("DurationInfo", '{"nanoseconds":-0.5}'), { nanoseconds: 0n });
  assert.deepEqual(read("DurationInfo", '{"nanoseconds":1e3}'), { nanoseconds: 1000n });
  assert.deepEqual(read("DurationInfo", '{"nanoseconds":-9223372036854775808}'), {
    nanoseconds: -(2n ** 63n),
  });
  assert.match(
    refusal("DurationInfo", '{"nanoseconds":9223372036854775808}'),
    /out of range .*'nanoseconds'/,
  );
  assert.match(refusal("DurationInfo", '{"nanoseconds":1e400}'), /out of range/);
  assert.match(refusal("Value.Range", '{"begin":-1,"end":1}'), /out of range for field 'begin'/);
  assert.match(refusal("Port", '{"number":4294967296}'), /out of range for field 'number'/);
  assert.match(refusal("Value.Scalar", '{"value":1e400}'), /out of range/);
});

test("JSON dialect: one value stands for a list of one, and lists in lists are flattened", () => {
  const roles = (text: string): unknown => read("FrameworkInfo", `{"user":"u","name":"n","roles":${text}}`);
  assert.deepEqual(roles('"a"'), { user: "u", name: "n", roles: ["a"] });
  assert.deepEqual(roles('[["a"],[],"b",null]'), { user: "u", name: "n", roles: ["a", "b"] });
  assert.deepEqual(read("Labels", '{"labels":{"key":"k"}}'), { labels: [{ key: "k" }] });
  assert.equal(refusal("FrameworkID", '{"value":["a"]}'), "Not expecting a JSON array for field 'value'");
  assert.equal(refusal("FrameworkID", '{"value":{}}'), "Not expecting a JSON object for field 'value'");
  assert.equal(refusal("FrameworkID", '{"value":true}'), "Not expecting a JSON boolean for field 'value'");
  assert.equal(refusal("Labels", '{"labels":"k"}'), "Not expecting a JSON string for field 'labels'");
});

test("JSON dialect: missing fields are told all at once, with their paths", () => {
  assert.equal(
    refusal(
      "scheduler.Call",
      '{"type":"ACCEPT","accept":{"operations":[{"launch":{"task_infos":[{"name":"t"}]}},' +
        '{"launch_group":{"task_group":{}}}]}}',
    ),
    "Missing required fields: accept.operations[0].launch.task_infos[0].task_id, " +
      "accept.operations[0].launch.task_infos[0].agent_id, accept.operations[1].launch_group.executor",
  );
  assert.match(
    refusal("quota.QuotaConfig", '{"role":"r","guarantees":{"cpus":{}}}'),
    /: guarantees\[0\]\.value\.value$/,
  );
});

test("JSON dialect: of the fields that exclude each other, one is kept", () => {
  assert.deepEqual(
    read(
      "scheduler.AttributeConstraint",
      '{"selector":{"pseudoattribute_type":"HOSTNAME","attribute_name":"rack"},"predicate":{"not_exists":{}}}',
    ),
    { selector: { pseudoattribute_type: "HOSTNAME" }, predicate: { not_exists: {} } },
  );
});

test("JSON dialect: maps are objects, whatever their keys", () => {
  const text = '{"role":"r","limits":{"7":{"value":1.0},"__proto__":{"value":2.0},"b":{"value":3.0}}}';
  const quota = messageFromJson("quota.QuotaConfig", encodeUtf8(text));
  assert.ok(quota.ok);
  assert.deepEqual([...(quota.value.limits ?? [])].map(([key]) => key).toSorted(), ["7", "__proto__", "b"]);
  assert.equal(messageToJson("quota.QuotaConfig", quota.value), text);
  assert.equal(messageToJson("quota.QuotaConfig", { role: "r", limits: new Map() }), '{"role":"r"}');
});

test("JSON dialect: defaults are written, unless the field is deprecated", () => {
  assert.equal(
    messageToJson("FrameworkInfo", { user: "u", name: "n" }),
    '{"user":"u","name":"n","failover_timeout":0.0,"checkpoint":false}',
  );
  assert.equal(messageToJson("Filters", {}), '{"refuse_seconds":5.0}');
  assert.equal(messageToJson("HealthCheck.HTTPCheckInfo", { port: 80 }), '{"protocol":"IPv4","port":80}');
});

test("JSON dialect: an empty list is written if it is there", () => {
  const text = '{"type":"GET_TASKS","get_tasks":{"tasks":[]}}';
  const response = messageFromJson("master.Response", encodeUtf8(text));
  assert.ok(response.ok);
  assert.equal(messageToJson("master.Response", response.value), text);
});

test("JSON dialect: a duration of protobuf's own leaves out its zeros", () => {
  const name = "google.protobuf.Duration";
  assert.equal(messageToJson(name, { seconds: 3n, nanos: 0 }), '{"seconds":3}');
  assert.deepEqual(read(name, '{"seconds":0,"nanos":5}'), { nanos: 5 });
});

test("JSON dialect: doubles are seen to be doubles, and come back as they were", () => {
  for (const [value, text] of [
    [5, "5.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e20, "100000000000000000000.0"],
    [1e21, "1e21"],
    [1.5e-7, "1.5e-7"],
    [0.000001, "0.000001"],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [Number.NaN, '"NaN"'],
  ] as const) {
    assert.equal(doubleText(value), text);
  }
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(Number(doubleText(value)), value));
      assert.match(doubleText(value), /[.e]/);
    }),
  );
});

test("JSON dialect: control characters are escaped with capital digits, all else stands as it is", () => {
  assert.equal(
    messageToJson("FrameworkID", { value: '\u001f\n"\\u001f/é\u2028\u{1f600}\u007f' }),
    '{"value":"\\u001F\\n\\"\\\\u001f/é\u2028\u{1f600}\u007f"}',
  );
  assert.match(refusal("FrameworkID", '{"value":"\\u0000"}'), /field 'value' has a NUL/);
  assert.match(refusal("FrameworkID", '{"value":"\\ud800"}'), /field 'value' has a lone surrogate/);
});

test("JSON dialect: base64 is written with padding and read leniently", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = base64Text(bytes);
      assert.equal(text, Buffer.from(bytes).toString("base64"));
      const spaced = text.replaceAll("=", "").replaceAll(/(..)/g, "$1 \n");
      for (const way of [text, spaced]) {
        const outcome = bytesOfBase64(way);
        assert.ok("bytes" in outcome);
        assert.deepEqual([...outcome.bytes], [...bytes]);
      }
    }),
  );
  assert.deepEqual(bytesOfBase64("AA!A"), { invalid: "!" });
  assert.deepEqual(bytesOfBase64("é"), { invalid: "é" });
});

test("JSON dialect: whatever stands at a field, there is an answer", () => {
  const values = ["null", "true", "0", "-1.5", long, '""', '"x"', '"1"', "[]", "[[]]", "[{}]", "[1]", "{}"];
  let looked = 0;
  for (const [name, fields] of Object.entries(messages) as [MessageName, object][]) {
    for (const field of Object.keys(fields)) {
      for (const value of [...values, `{"a":{}}`]) {
        messageFromJson(name, encodeUtf8(`{"${field}":${value}}`));
        looked += 1;
      }
    }
  }
  assert.ok(looked > 10_000);
});

const long = "12345678901234567890";
