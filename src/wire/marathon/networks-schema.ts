/**
 * The shapes of Marathon's networks and of ports that are mapped into them, the older ones too.
 */

import Type, { type Static } from "typebox";
import { limits } from "#base/limits.ts";
import { labelsSchema, portSchema, shortTextSchema } from "./plain-schemas.ts";

const optional = Type.Optional;
const protocol = Type.Enum(["tcp", "udp", "udp,tcp", "tcp,udp"]);

export const portMappingSchema = Type.Object({
  containerPort: optional(portSchema()),
  hostPort: optional(portSchema()),
  servicePort: optional(portSchema()),
  protocol: optional(protocol),
  name: optional(shortTextSchema()),
  labels: optional(labelsSchema()),
  networkNames: optional(Type.Array(shortTextSchema(), { maxItems: limits.networksPerContainerMax })),
});
export type PortMappingJson = Static<typeof portMappingSchema>;

export const portMappingsSchema = Type.Array(portMappingSchema, { maxItems: limits.portsPerAppMax });

export const networkSchema = Type.Object({
  mode: optional(Type.Enum(["host", "container", "container/bridge"])),
  name: optional(shortTextSchema()),
  labels: optional(labelsSchema()),
});

export const networksSchema = Type.Array(networkSchema, { maxItems: limits.networksPerContainerMax });

/** Of old: before there were `networks`. */
export const ipAddressSchema = Type.Object({
  networkName: optional(shortTextSchema()),
  labels: optional(labelsSchema()),
  groups: optional(Type.Array(Type.String())),
  discovery: optional(
    Type.Object({
      ports: optional(
        Type.Array(
          Type.Object({
            number: portSchema(),
            name: shortTextSchema(),
            protocol: optional(protocol),
            labels: optional(labelsSchema()),
          }),
          { maxItems: limits.portsPerAppMax },
        ),
      ),
    }),
  ),
});
