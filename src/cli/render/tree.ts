import { script } from "../../deliver/script.ts";
import type { Facts } from "../../facts/facts.ts";
import type { Bundle, BundleFile } from "../../render/index.ts";

/** A file below the folder that is rendered to: its path has no leading slash. */
export type TreeFile = BundleFile;

/** The folder of an end: `relay`, `home-haus`. */
export function folderOf({ name, end }: { name: string; end: string }): string {
  return end === "relay" ? "relay" : `home-${name}`;
}

/** An end's files as on the machine, and beside them the script that puts them there or takes them away. */
export function treeOf(bundle: Bundle): TreeFile[] {
  const folder = folderOf(bundle);
  const holder = "somebody at a shell";
  return [
    ...(["apply", "remove"] as const).map(
      (verb): TreeFile => ({
        path: `${folder}/${verb}.sh`,
        mode: "0755",
        text: script(bundle, { verb, holder }),
      }),
    ),
    ...[...bundle.files, ...bundle.state].map((file) => ({ ...file, path: `${folder}${file.path}` })),
  ];
}

/** The facts in the form that `--facts` takes. */
export function factsFile(facts: Facts): TreeFile {
  return { path: "facts.json", mode: "0644", text: `${JSON.stringify(facts, undefined, 2)}\n` };
}
