/**
 * Builds the console: `sh scripts/node ui/build.ts` bundles `ui/src` into `ui/dist`, beside each file its
 * compressed forms, so that the gateway only has to send what is there.
 *
 * The new build is made next to the old one and takes its place at once: a gateway never serves half of one.
 * With `--watch` it builds again whenever a source changes (uncompressed). It never touches the network.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { build, type Plugin } from "vite";

const root = import.meta.dirname;
const target = join(root, "dist");
const isWatching = process.argv.includes("--watch");
/** Of this process alone: another may build at the same moment. */
const own = join(root, "../.build", `console-${process.pid}`);
const output = isWatching ? target : join(own, "new");

/** Few files for the first picture, since each costs a way to the server; each group with all that it needs. */
const chunks = [
  { name: "begin", test: /ui\/src\/live\/(?:stream|views-ahead)\.ts$|preload-helper/, priority: 3 },
  { name: "frame", test: /ui\/src\/main\.tsx$/, priority: 2 },
  { name: "overview", test: /\/overview-page\.tsx$/, priority: 1 },
];

await build({
  configFile: false,
  root,
  logLevel: "warn",
  plugins: [react(), licences(), firstFiles()],
  build: {
    outDir: output,
    emptyOutDir: true,
    target: "es2023",
    // A data: URL for a small picture would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
    watch: isWatching ? {} : null,
    rolldownOptions: { output: { codeSplitting: { groups: chunks } } },
  },
});

if (!isWatching) {
  compressAll(output);
  writeFileSync(join(output, ".built"), "");
  takeItsPlace();
}

function takeItsPlace(): void {
  mkdirSync(own, { recursive: true });
  if (existsSync(target)) renameSync(target, join(own, "old"));
  renameSync(output, target);
  rmSync(own, { recursive: true, force: true });
}

function compressAll(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(?:js|css|html|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = readFileSync(path);
    if (bytes.length < 1_000) continue;
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
    writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: quality }));
  }
}

/** The page itself names all files of the first picture, so that none waits until another one has asked for it. */
function firstFiles(): Plugin {
  return {
    name: "first-files",
    transformIndexHtml: {
      order: "post",
      handler: (html, { bundle = {} }) => {
        const files = Object.values(bundle).flatMap((chunk) =>
          chunk.type === "chunk" && (chunk.name === "frame" || chunk.name === "overview")
            ? [chunk.fileName, ...chunk.imports, ...(chunk.viteMetadata?.importedCss ?? [])]
            : [],
        );
        const tags = [...new Set(files)].filter((file) => !html.includes(`"/${file}"`));
        return tags.map((file) => ({
          tag: "link",
          attrs: file.endsWith(".css")
            ? { rel: "stylesheet", href: `/${file}`, crossorigin: true }
            : { rel: "modulepreload", href: `/${file}`, crossorigin: true },
          injectTo: "head" as const,
        }));
      },
    },
  };
}

/** What the console contains of others' work: the packages that are bundled, with their licences. */
function licences(): Plugin {
  const id = "virtual:licences";
  return {
    name: "licences",
    resolveId: (source) => (source === id ? id : null),
    load: (source) => (source === id ? `export const licences = ${JSON.stringify(listLicences())};` : null),
  };
}

function listLicences() {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries<{ dev?: boolean; version?: string }>(lock.packages)
    .filter(([path, { dev }]) => path.startsWith("node_modules/") && dev !== true)
    .map(([path, { version }]) => {
      const own = JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
      return { name: path.slice("node_modules/".length), version, licence: String(own.license ?? "unknown") };
    });
}
