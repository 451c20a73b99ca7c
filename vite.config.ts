import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  base: "/static/dist/",
  publicDir: false,
  build: {
    outDir: "static/dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: true,
    target: "es2022",
    // The content security policy allows no data: scripts or styles, and small files cache well.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: {
        base: "frontend/src/base/main.ts",
        room: "frontend/src/room/main.tsx",
        case: "frontend/src/case/main.tsx",
        worklist: "frontend/src/worklist/main.ts",
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["frontend/**/*.test.ts", "frontend/**/*.test.tsx"],
  },
});
