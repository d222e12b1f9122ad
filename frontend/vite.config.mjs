// Builds one bundle for every page and one for each island, with plain names: Django's static storage hashes them.
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { defineConfig } from "vite";

const entries = Object.fromEntries(
  readdirSync(resolve(import.meta.dirname, "entrypoints"))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => [name.slice(0, -3), resolve(import.meta.dirname, "entrypoints", name)]),
);

export default defineConfig({
  root: import.meta.dirname,
  base: "./",
  build: {
    outDir: resolve(import.meta.dirname, "../src/myotome/website/static/built"),
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome105", "safari15.4", "firefox121"], // older tablets: light-dark() and nesting are compiled away
    cssMinify: "lightningcss",
    assetsInlineLimit: 0,
    rollupOptions: {
      input: entries,
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
