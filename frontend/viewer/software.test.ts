import { expect, it } from "vitest";
import { isSoftware } from "./software";

it("tells drawing by the processor from a graphics card", () => {
  for (const name of [
    "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)",
    "llvmpipe (LLVM 15.0.6, 256 bits)",
    "Microsoft Basic Render Driver",
  ])
    expect(isSoftware(name)).toBe(true);
  expect(isSoftware("ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)")).toBe(false);
  expect(isSoftware("Apple M2")).toBe(false);
});
