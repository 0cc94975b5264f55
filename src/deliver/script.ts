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
  const everything = [...bundle.files, ...bundle.state];
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
    ...everything.map(writeFile),
    "}",
    "",
    template(bundle.end === "openwrt" ? "deliver/openwrt.sh" : "deliver/debian.sh"),
    template("deliver/answer.sh"),
    template("deliver/turns.sh"),
    template("deliver/journal.sh"),
    template("deliver/transaction.sh"),
  ].join("\n");
}

function writeFile({ path, mode, text }: BundleFile): string {
  const end = delimiter(text);
  const target = `"$run/new${path}"`;
  return `mkdir -p "$run/new${path.replace(/\/[^/]*$/, "")}"\ncat >${target} <<'${end}'\n${text}${end}\nchmod ${mode} ${target}`;
}

/** A here-document's end that no line of the text equals. */
function delimiter(text: string): string {
  let end = "END_OF_FILE";
  while (text.split("\n").includes(end)) end += "_";
  return end;
}
