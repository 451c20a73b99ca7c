// Writes the catalogue of the front end from its sources: npm run catalogue

import { writeFileSync } from "node:fs";
import { runnerImport } from "vite";

const { module } = await runnerImport("./frontend/catalogue/source.ts", { configFile: false });
const { phrases, outside, unclear } = module.readFrontEnd();
for (const line of [...outside, ...unclear]) console.error(line);
writeFileSync("locale/en/frontend.json", `${JSON.stringify(phrases, null, 2)}\n`);
console.log(`${Object.keys(phrases).length} phrases`);
process.exitCode = outside.length + unclear.length ? 1 : 0;
