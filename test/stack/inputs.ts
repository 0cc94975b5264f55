import type { Bundle } from "../../src/render/index.ts";

const texts = (files: Bundle["files"]) => Object.fromEntries(files.map(({ path, text }) => [path, text]));

/** The inputs of an End, as stack/resources.ts makes them. */
export function inputsOf({ name, end, packages, devices, files, state }: Bundle, access: object) {
  return {
    name,
    end,
    packages: [...packages],
    devices: [...devices],
    files: texts(files),
    modes: Object.fromEntries(files.map(({ path, mode }) => [path, mode])),
    state: texts(state),
    host: "127.0.0.1",
    port: 1,
    user: "root",
    hostKey: "ssh-ed25519 AAAA",
    machine: "42",
    bootSeconds: 0,
    ...access,
  };
}
