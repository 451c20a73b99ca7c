import { defineConfig } from "vite";

/** The page of `bench overlay`, apart from the product's own build. */
export default defineConfig({ root: "frontend/bench", base: "/", build: { target: "es2022" } });
