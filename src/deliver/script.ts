import { type Bundle, type BundleFile, quote } from "../render/index.ts";
import { template } from "../render/template.ts";

/** How a script is to behave on its end. */
export interface ScriptOptions {
  /** Seconds after which an end that nobody confirms goes back by itself. @default 120 */
  watchdog?: number;
  /** Who runs it, for the second one who comes while it runs. @default "somebody" */
  holder?: string;
  /** What the script does when it is started without a word. @default "apply" */
  verb?: "apply" | "remove";
}

/**
 * The one script that an end is given: it carries the bundle's files and knows the verbs `apply`,
 * `confirm TOKEN`, `inspect` and `remove`. POSIX sh, for dash and for busybox ash. All of it is
 * functions but for the last line, so a transfer that is cut off does nothing.
 *
 * @returns the text; printed, it is the manual install
 */
export function script(
  bundle: Bundle,
  { watchdog = 120, holder = "somebody", verb = "apply" }: ScriptOptions = {},
): string {
  return [
    "#!/bin/sh",
    "# relay4in6: applies, confirms, inspects or removes what this machine has of the relay.",
    "set -eu",
    "umask 022",
    `name=${quote(bundle.name)}`,
    `holder=${quote(holder)}`,
    `watchdog=${watchdog}`,
    `default_verb=${verb}`,
    `packages="${bundle.packages.join(" ")}"`,
    ...(bundle.idlePackages?.length ? [`idle_packages="${bundle.idlePackages.join(" ")}"`] : []),
    `modules="${bundle.modules.join(" ")}"`,
    `devices="${bundle.devices.join(" ")}"`,
    `file_paths="${bundle.files.map(({ path }) => path).join(" ")}"`,
    `state_files="${bundle.state.map(({ path }) => path).join(" ")}"`,
    `followed_files="${bundle.followed.join(" ")}"`,
    `key_pairs="${bundle.keys.join(" ")}"`,
    "",
    "# mode and path of each file",
    "files() {",
    "\tcat <<'LIST'",
    ...bundle.files.map(({ mode, path }) => `${mode} ${path}`),
    "LIST",
    "}",
    "",
    "write_new_files() {",
    ...written([...bundle.files, ...bundle.state]),
    "}",
    "",
    template(bundle.end === "openwrt" ? "deliver/openwrt.sh" : "deliver/debian.sh"),
    template("deliver/answer.sh"),
    template("deliver/turns.sh"),
    template("deliver/journal.sh"),
    template("deliver/transaction.sh"),
  ].join("\n");
}

/** Few processes: on a small router each takes its time. */
function written(files: readonly BundleFile[]): string[] {
  const staged = (path: string) => `"$run/new${path}"`;
  const folders = new Set(files.map(({ path }) => staged(path.replace(/\/[^/]*$/, ""))));
  const executable = files.filter(({ mode }) => mode === "0755").map(({ path }) => staged(path));
  return [
    `mkdir -p ${[...folders].join(" ")}`,
    ...files.map(({ path, text }) => {
      const end = delimiter(text);
      return `cat >${staged(path)} <<'${end}'\n${text}${end}`;
    }),
    ...(executable.length === 0 ? [] : [`chmod 0755 ${executable.join(" ")}`]),
  ];
}

/** A here-document's end that no line of the text equals. */
function delimiter(text: string): string {
  let end = "END_OF_FILE";
  while (text.split("\n").includes(end)) end += "_";
  return end;
}
