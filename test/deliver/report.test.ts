import { describe, expect, it } from "vitest";
import { inspectOver } from "../../src/deliver/index.ts";
import { type Bundle, render } from "../../src/render/index.ts";
import { refusalOf } from "../refusal.ts";
import { planOf } from "../render/specs.ts";

const [relay] = render(planOf({ services: [{ port: 443, to: "192.168.1.210" }] })) as [Bundle];
const whole = '{"result":"inspected","healthy":true,"files":{"/etc/relay4in6/sets":"a line\\n"}}';

const inspect = (code: number, stdout: string) =>
  inspectOver({ run: async () => ({ code, stdout, stderr: "Killed\n" }) }, "relay", relay);

describe("what an end answers", () => {
  it("is its last line", async () => {
    expect(await inspect(0, `a hook's words\n${whole}\n`)).toMatchObject({ healthy: true });
  });

  it.each([
    ["a script that was killed while it wrote it", 137, whole.slice(0, 50)],
    ["nothing", 0, ""],
    ["another one's line", 0, "{ not ours }"],
    ["a whole line and a failure", 1, whole],
  ])("is told as no answer where it is %s", async (_, code, stdout) => {
    expect(await refusalOf(inspect(code, stdout))).toMatchObject([
      {
        key: "relay",
        problem: expect.stringMatching(/ended with status \d+ and no answer\n +Killed/),
        cure: expect.stringContaining("run again"),
      },
    ]);
  });
});
