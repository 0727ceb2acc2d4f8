/**
 * Reading answers of the API without trusting their shape: what is missing or of another type is undefined.
 *
 * So that a newer or older cluster never makes the CLI crash.
 */

export type Json = unknown;

export type JsonRecord = Readonly<Record<string, unknown>>;

export const toRecord = (value: Json): JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

export const recordAt = (value: Json, name: string): JsonRecord => toRecord(toRecord(value)[name]);

export function arrayAt(value: Json, name: string): readonly unknown[] {
  const member = toRecord(value)[name];
  return Array.isArray(member) ? member : [];
}

export function textAt(value: Json, name: string): string | undefined {
  const member = toRecord(value)[name];
  return typeof member === "string" ? member : undefined;
}

export function numberAt(value: Json, name: string): number | undefined {
  const member = toRecord(value)[name];
  return typeof member === "number" ? member : undefined;
}
