/**
 * The shape of a container's settings on the agent link: a mirror of the model's type, which `schema.ts` asserts.
 */

import { Type } from "typebox";

const text = Type.String();
const texts = Type.Array(text);
const flag = Type.Optional(Type.Boolean());
const amount = Type.Optional(Type.Integer({ minimum: 0 }));
const optionalText = Type.Optional(text);
const optionalTexts = Type.Optional(texts);
const textMap = Type.Optional(Type.Record(Type.String(), Type.String()));

export const containerSettings = Type.Object({
  parameters: Type.Optional(Type.Array(Type.Object({ key: text, value: text }))),
  privileged: flag,
  capabilities: Type.Optional(
    Type.Object({
      bounding: optionalTexts,
      effective: optionalTexts,
      add: optionalTexts,
      drop: optionalTexts,
    }),
  ),
  unconfined: flag,
  seccompProfile: optionalText,
  readOnlyRoot: flag,
  env: textMap,
  user: optionalText,
  groups: optionalTexts,
  workingDirectory: optionalText,
  entryPoint: optionalText,
  hosts: Type.Optional(Type.Array(Type.Object({ name: text, address: text }))),
  shmBytes: amount,
  sysctls: textMap,
  stopSignal: optionalText,
  devices: Type.Optional(Type.Array(Type.Object({ hostPath: text, containerPath: text, access: text }))),
  pidsMax: amount,
  oomScoreAdjustment: Type.Optional(Type.Integer()),
  hostIpc: flag,
  tty: flag,
});
