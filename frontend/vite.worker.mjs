// Builds the worker as one classic script without imports: every browser that has service workers takes it.
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  build: {
    outDir: resolve(import.meta.dirname, "../src/myotome/website/static/built"),
    emptyOutDir: false,
    target: "es2022",
    rollupOptions: {
      input: { keeper: resolve(import.meta.dirname, "keeping/worker.ts") },
      output: { format: "iife", entryFileNames: "[name].js" },
    },
  },
});
