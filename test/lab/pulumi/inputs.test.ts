import { describe, expect, test } from "vitest";
import { checkInputs, diffInputs } from "../../../lab/pulumi/hcloud/inputs.ts";
import type { Kind } from "../../../lab/pulumi/hcloud/kind.ts";
import { UNKNOWN } from "../../../lab/pulumi/hcloud/kind.ts";
import { primaryIp } from "../../../lab/pulumi/hcloud/primary-ip.ts";
import { server } from "../../../lab/pulumi/hcloud/server.ts";
import { sshKey } from "../../../lab/pulumi/hcloud/ssh-key.ts";

const seed = Uint8Array.from([1, 2, 3, 4, 5]);
const check = (kind: Kind, news: Record<string, unknown>, olds = {}) =>
  checkInputs(kind, "thing", olds, news, seed);

describe("check", () => {
  test("a name is made up once and then kept", () => {
    const first = check(sshKey, { publicKey: "k" }).inputs;
    expect(first).toMatchObject({ name: "thing-0102030", __defaults: ["name"] });
    const again = checkInputs(sshKey, "thing", first, { publicKey: "k" }, Uint8Array.from([9, 9, 9, 9]));
    expect(again.inputs.name).toBe("thing-0102030");
    expect(check(sshKey, { publicKey: "k", name: "own" }, first).inputs).toMatchObject({
      name: "own",
      __defaults: [],
    });
    // A name that was given and is given no more is not kept.
    expect(check(sshKey, { publicKey: "k" }, { name: "own", __defaults: [] }).inputs.name).toBe(
      "thing-0102030",
    );
  });

  test("what is missing, of a wrong type, or not served is told, all of it", () => {
    const { failures } = check(server, {
      image: 7,
      labels: { a: 1 },
      sshKeys: "k",
      networks: [{ networkId: 1 }],
    });
    expect(failures.map(([property]) => property).sort()).toEqual([
      "labels",
      "networks",
      "serverType",
      "sshKeys",
    ]);
    expect(check(primaryIp, { type: "ipv4" }).failures).toEqual([
      ["location", "exactly one of location and assigneeId must be given"],
    ]);
    expect(check(primaryIp, { type: "ipv4", location: UNKNOWN }).failures).toEqual([]);
  });

  test("a number may come as text", () => {
    const news = { type: "ipv4", assigneeId: "12", assigneeType: "server" };
    expect(check(primaryIp, news).inputs.assigneeId).toBe(12);
  });
});

describe("diff", () => {
  const inputs = {
    name: "a",
    serverType: "cx23",
    image: "debian-13",
    labels: { x: "y" },
    userData: "#!/bin/sh\n",
  };
  const state = {
    ...inputs,
    location: "fsn1",
    keepDisk: false,
    deleteProtection: false,
    rebuildProtection: false,
    shutdownBeforeDeletion: false,
    userData: "vZcb7IgUmVZFihD8nF7LPrmd1FI=",
  };
  const diff = (news: Record<string, unknown>) => diffInputs(server, state, inputs, { ...inputs, ...news });

  test("nothing, in place, replace", () => {
    expect(diff({}).changed).toEqual([]);
    expect(diff({ labels: {} })).toMatchObject({ changed: ["labels"], replaces: [] });
    expect(diff({ serverType: "cx33", name: "b" })).toMatchObject({
      changed: ["name", "serverType"],
      replaces: [],
    });
    for (const key of ["image", "location", "userData"])
      expect(diff({ [key]: "other" }).replaces).toEqual([key]);
    expect(diff({ sshKeys: ["1"] }).replaces).toEqual(["sshKeys"]);
    expect(diff({ userData: UNKNOWN }).replaces).toEqual(["userData"]);
  });

  test("a property that is taken away goes back to its default, or stays what the service made it", () => {
    expect(diffInputs(server, state, inputs, { ...inputs, labels: undefined }).changed).toEqual(["labels"]);
    expect(diffInputs(server, state, inputs, { ...inputs, image: undefined }).changed).toEqual([]);
    expect(diffInputs(server, state, inputs, { ...inputs, userData: undefined }).replaces).toEqual([
      "userData",
    ]);
  });

  test("only a name that was given has to be free before another resource takes it", () => {
    expect(diff({ location: "hel1" }).deleteBeforeReplace).toBe(true);
    expect(diff({ location: "hel1", name: "b" }).deleteBeforeReplace).toBe(false);
    expect(diff({ location: "hel1", __defaults: ["name"] }).deleteBeforeReplace).toBe(false);
    expect(diff({ labels: {} }).deleteBeforeReplace).toBe(false);
  });
});
