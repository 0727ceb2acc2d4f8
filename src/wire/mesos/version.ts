/**
 * The version that Mesos's clients are told, of masters and agents alike, wherever Mesos tells its own.
 *
 * Clients decide by it what they may ask for: it is the last release of Mesos, whose interface is spoken here.
 * Our own stands beside it as `unum_version`, and alone at `/unum/v1/version`.
 */

export const mesosVersion = "1.11.0";

/** What answers about versions hold; `own`: the product's. */
export const formatVersion = (own: string): { readonly version: string; readonly unum_version: string } => ({
  version: mesosVersion,
  unum_version: own,
});
