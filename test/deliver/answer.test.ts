import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { template } from "../../src/render/template.ts";

const folder = mkdtempSync(join(tmpdir(), "relay4in6-answer-"));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ["sh", "awk", "sed", "cat"]) symlinkSync("/bin/busybox", join(folder, name));

/** What a file of an end may hold. */
const text =
  "#!/bin/sh\n\tif [ \"$1\" = '\\n' ]; then\n\t\tsed 's/\\\\/\\t/'\n\tfi\n\n# ünïcode & 100 % | end\\\n";

const machines = { Debian: "/usr/sbin:/usr/bin:/sbin:/bin", "OpenWrt, busybox alone": folder };

describe.each(Object.entries(machines))("what an end says of itself: %s", (_, path) => {
  const run = (command: string) =>
    execFileSync(
      join(path === folder ? folder : "/bin", "sh"),
      ["-c", `${template("deliver/answer.sh")}\n${command}`],
      {
        encoding: "utf8",
        env: { PATH: path },
      },
    );

  it("holds whole files, to the byte", () => {
    const files = { "/etc/a": text, "/etc/empty": "", "/etc/b c": "/etc/a\n" };
    const lines = Object.entries(files).flatMap(([name, content]) => [
      name,
      ...content
        .split("\n")
        .slice(0, -1)
        .map((line) => ` ${line}`),
    ]);
    const input = join(folder, "files");
    writeFileSync(input, `${lines.join("\n")}\n`);
    expect(JSON.parse(`{${run(`json_files <${input}`)}}`)).toEqual(files);
  });

  it("holds a line without its end, and a list of lines", () => {
    expect(JSON.parse(run(`printf 'a\\tb "c"\\n' | json`))).toBe('a\tb "c"');
    expect(JSON.parse(run(`printf '/etc/a\\n/etc/b c\\n' | json_list`))).toEqual(["/etc/a", "/etc/b c"]);
  });
});
