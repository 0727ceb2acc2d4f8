/** Where the files of sandboxes lie in the agents' API, by way of the gateway. */

const at = (nodeId: string, call: string, path: string): string =>
  `/agent/${encodeURIComponent(nodeId)}/files/${call}?path=${encodeURIComponent(path)}`;

export const browsePath = (nodeId: string, path: string): string => at(nodeId, "browse", path);
export const downloadPath = (nodeId: string, path: string): string => at(nodeId, "download", path);
