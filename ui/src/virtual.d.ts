/** What `build.ts` makes up while it builds. */

declare module "virtual:licences" {
  export const licences: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string;
  }[];
}
