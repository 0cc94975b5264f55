import type { Bundle } from "../../src/render/index.ts";
import type { MachineFile } from "../machine/initrd.ts";

/**
 * An end's files, as `up` puts them onto a machine, in a folder of a guest.
 * @param folder where the end's root is on the guest; empty for the guest itself
 */
export function filesOf(bundle: Bundle, folder: string): Record<string, MachineFile> {
  return Object.fromEntries(
    [...bundle.files, ...bundle.state].map(({ path, mode, text }) => [
      `${folder}${path}`,
      { text, mode: Number.parseInt(mode, 8) },
    ]),
  );
}
