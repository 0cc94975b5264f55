import { expect, it } from "vitest";
import { martians, privateNetworks } from "../../src/plan/martians.ts";

it("are the private networks, for a home that has no others", () => {
  expect(martians(["192.168.1.1/24", "10.0.0.1/8"])).toEqual(privateNetworks);
});

it("are a home's own public networks as well, each once and without host bits", () => {
  const own = martians(["198.51.100.129/28", "198.51.100.1/24", "198.51.100.1/24"]);
  expect(own).toEqual([...privateNetworks, "198.51.100.0/24"]);
});
