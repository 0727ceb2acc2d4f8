/**
 * Ids, times, addresses, values and the other small messages that all the rest is made of.
 *
 * Facts of the interface only; how to read a row is said in `definition.ts`.
 */

import type { EnumTable, MessageTable } from "./definition.ts";

export const basicsMessages = {
  FrameworkID: { value: [1, "string", "required"] },
  OfferID: { value: [1, "string", "required"] },
  AgentID: { value: [1, "string", "required"] },
  TaskID: { value: [1, "string", "required"] },
  ExecutorID: { value: [1, "string", "required"] },
  ContainerID: {
    value: [1, "string", "required"],
    parent: [2, "ContainerID"],
  },
  ResourceProviderID: { value: [1, "string", "required"] },
  OperationID: { value: [1, "string", "required"] },
  TimeInfo: { nanoseconds: [1, "int64", "required"] },
  DurationInfo: { nanoseconds: [1, "int64", "required"] },
  Address: {
    hostname: [1, "string"],
    ip: [2, "string"],
    port: [3, "int32", "required"],
  },
  URL: {
    scheme: [1, "string", "required"],
    address: [2, "Address", "required"],
    path: [3, "string"],
    query: [4, "Parameter", "repeated"],
    fragment: [5, "string"],
  },
  Unavailability: {
    start: [1, "TimeInfo", "required"],
    duration: [2, "DurationInfo"],
  },
  MachineID: {
    hostname: [1, "string"],
    ip: [2, "string"],
  },
  MachineInfo: {
    id: [1, "MachineID", "required"],
    mode: [2, "MachineInfo.Mode"],
    unavailability: [3, "Unavailability"],
  },
  DomainInfo: { fault_domain: [1, "DomainInfo.FaultDomain"] },
  "DomainInfo.FaultDomain": {
    region: [1, "DomainInfo.FaultDomain.RegionInfo", "required"],
    zone: [2, "DomainInfo.FaultDomain.ZoneInfo", "required"],
  },
  "DomainInfo.FaultDomain.RegionInfo": { name: [1, "string", "required"] },
  "DomainInfo.FaultDomain.ZoneInfo": { name: [1, "string", "required"] },
  Value: {
    type: [1, "Value.Type", "required"],
    scalar: [2, "Value.Scalar"],
    ranges: [3, "Value.Ranges"],
    set: [4, "Value.Set"],
    text: [5, "Value.Text"],
  },
  "Value.Scalar": { value: [1, "double", "required"] },
  "Value.Range": {
    begin: [1, "uint64", "required"],
    end: [2, "uint64", "required"],
  },
  "Value.Ranges": { range: [1, "Value.Range", "repeated"] },
  "Value.Set": { item: [1, "string", "repeated"] },
  "Value.Text": { value: [1, "string", "required"] },
  Attribute: {
    name: [1, "string", "required"],
    type: [2, "Value.Type", "required"],
    scalar: [3, "Value.Scalar"],
    ranges: [4, "Value.Ranges"],
    set: [6, "Value.Set"],
    text: [5, "Value.Text"],
  },
  UUID: { value: [1, "bytes", "required"] },
  Environment: { variables: [1, "Environment.Variable", "repeated"] },
  "Environment.Variable": {
    name: [1, "string", "required"],
    type: [3, "Environment.Variable.Type", "optional", { default: "VALUE" }],
    value: [2, "string"],
    secret: [4, "Secret"],
  },
  Parameter: {
    key: [1, "string", "required"],
    value: [2, "string", "required"],
  },
  Parameters: { parameter: [1, "Parameter", "repeated"] },
  Credential: {
    principal: [1, "string", "required"],
    secret: [2, "string"],
  },
  Credentials: { credentials: [1, "Credential", "repeated"] },
  Secret: {
    type: [1, "Secret.Type"],
    reference: [2, "Secret.Reference"],
    value: [3, "Secret.Value"],
  },
  "Secret.Reference": {
    name: [1, "string", "required"],
    key: [2, "string"],
  },
  "Secret.Value": { data: [1, "bytes", "required"] },
  RateLimit: {
    qps: [1, "double"],
    principal: [2, "string", "required"],
    capacity: [3, "uint64"],
  },
  RateLimits: {
    limits: [1, "RateLimit", "repeated"],
    aggregate_default_qps: [2, "double"],
    aggregate_default_capacity: [3, "uint64"],
  },
  Labels: { labels: [1, "Label", "repeated"] },
  Label: {
    key: [1, "string", "required"],
    value: [2, "string"],
  },
  Port: {
    number: [1, "uint32", "required"],
    name: [2, "string"],
    protocol: [3, "string"],
    visibility: [4, "DiscoveryInfo.Visibility"],
    labels: [5, "Labels"],
  },
  Ports: { ports: [1, "Port", "repeated"] },
  DiscoveryInfo: {
    visibility: [1, "DiscoveryInfo.Visibility", "required"],
    name: [2, "string"],
    environment: [3, "string"],
    location: [4, "string"],
    version: [5, "string"],
    ports: [6, "Ports"],
    labels: [7, "Labels"],
  },
  WeightInfo: {
    weight: [1, "double", "required"],
    role: [2, "string"],
  },
  VersionInfo: {
    version: [1, "string", "required"],
    build_date: [2, "string"],
    build_time: [3, "double"],
    build_user: [4, "string"],
    git_sha: [5, "string"],
    git_branch: [6, "string"],
    git_tag: [7, "string"],
  },
  Flag: {
    name: [1, "string", "required"],
    value: [2, "string"],
  },
  Role: {
    name: [1, "string", "required"],
    weight: [2, "double", "required"],
    frameworks: [3, "FrameworkID", "repeated"],
    resources: [4, "Resource", "repeated"],
  },
  Metric: {
    name: [1, "string", "required"],
    value: [2, "double"],
  },
  FileInfo: {
    path: [1, "string", "required"],
    nlink: [2, "int32"],
    size: [3, "uint64"],
    mtime: [4, "TimeInfo"],
    mode: [5, "uint32"],
    uid: [6, "string"],
    gid: [7, "string"],
  },
  "google.protobuf.Duration": {
    seconds: [1, "int64", "optional", { implicit: true }],
    nanos: [2, "int32", "optional", { implicit: true }],
  },
} as const satisfies MessageTable;

export const basicsEnums = {
  "MachineInfo.Mode": { UP: 1, DRAINING: 2, DOWN: 3 },
  "Value.Type": { SCALAR: 0, RANGES: 1, SET: 2, TEXT: 3 },
  "Environment.Variable.Type": { UNKNOWN: 0, VALUE: 1, SECRET: 2 },
  "Secret.Type": { UNKNOWN: 0, REFERENCE: 1, VALUE: 2 },
  "DiscoveryInfo.Visibility": { FRAMEWORK: 0, CLUSTER: 1, EXTERNAL: 2 },
} as const satisfies EnumTable;
