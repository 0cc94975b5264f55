import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
/** Pages for people who read the repository; those of templates/manual become others. */
const pages = globSync(["*.md", "docs/**/*.md", "lab/*.md", "lab/*/*.md", "test/**/README.md"], {
  cwd: root,
});

const read = (page: string) => readFileSync(join(root, page), "utf8");

/** Anchors as GitHub makes them of headings. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** Where a page's links lead within the repository. */
function linksOf(page: string): { link: string; target: string; anchor?: string }[] {
  return [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = "", anchor] = link.split("#");
    return [{ link, target: path === "" ? page : join(dirname(page), path), ...(anchor ? { anchor } : {}) }];
  });
}

describe("each link leads somewhere", () => {
  it.each(pages)("in %s", (page) => {
    const astray = linksOf(page).filter(
      ({ target, anchor }) =>
        !existsSync(join(root, target)) || (anchor !== undefined && !anchors(target).includes(anchor)),
    );
    expect(astray.map(({ link }) => link)).toEqual([]);
  });

  it("of every page of docs, from the README or from a page that it leads to", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached)
      for (const { target } of linksOf(page)) if (pages.includes(target)) reached.add(target);
    expect(pages.filter((page) => page.startsWith("docs/") && !reached.has(page))).toEqual([]);
  });
});
