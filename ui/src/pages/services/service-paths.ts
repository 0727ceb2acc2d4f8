/** Where services lie in Marathon's API. */

const clean = (id: string): string => id.replace(/^\/?/, "/").split("/").map(encodeURIComponent).join("/");

export const appPath = (id: string): string => `/v2/apps${clean(id)}`;
export const podPath = (id: string): string => `/v2/pods${clean(id)}`;
export const groupPath = (id: string): string => (id === "/" ? "/v2/groups" : `/v2/groups${clean(id)}`);
