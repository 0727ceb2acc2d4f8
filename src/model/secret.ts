/**
 * Secrets: what a task is given that nobody else may see.
 *
 * A reference names one that the agent's operator keeps there; the agent looks it up when it launches, and not
 * before. A value came with the task itself, and is with it only until then (`secret-values.ts`). No text of a
 * secret is ever part of a message.
 */

export type SecretReference = {
  readonly kind: "reference";
  /** Parts of a path, with slashes between them. */
  readonly name: string;
  /** One of several that are kept under one name. */
  readonly key?: string | undefined;
};

export type Secret =
  | SecretReference
  /** In base64; absent: it was taken out. */
  | { readonly kind: "value"; readonly data?: string | undefined };

export type SecretEnvironment = Readonly<Record<string, Secret>>;

/** Where it is kept, for people and for those who look it up. */
export const secretPath = ({ name, key }: SecretReference): string =>
  key === undefined || key === "" ? name : `${name}/${key}`;

/** What is wrong with the name of a secret, if anything. */
export function secretNameFault(path: string): string | undefined {
  const segments = path.split("/");
  if (segments.some((segment) => ["", ".", ".."].includes(segment)) || /\p{Cc}/u.test(path))
    return "must be parts with single slashes between them, none of them '.' or '..'";
  return undefined;
}
