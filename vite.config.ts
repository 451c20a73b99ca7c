import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/static/dist/",
  plugins: [react()],
  build: {
    outDir: "static/dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    assetsInlineLimit: 0,
    rollupOptions: {
      input: ["frontend/base/main.ts", "frontend/room/main.tsx", "frontend/case/main.tsx", "frontend/worklist/main.ts"],
    },
    chunkSizeWarningLimit: 900,
  },
  test: { include: ["frontend/**/*.test.ts"] },
});
