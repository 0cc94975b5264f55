/**
 * What a benchmark found, for people and for programs.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { RUN } from "../places.ts";

/** One measured value. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** `instructions`, `ratio`, `s`, … */
  readonly unit: string;
  /** What it is to be, `≤ 1` or `≥ 0.95`; null where the figure is there to be read only. */
  readonly aim: string | null;
}

const FILE = `${RUN}/bench.json`;

/**
 * Whether the figure is what it is to be; undefined without an aim.
 * @throws Error when the aim is not of the form that {@link Figure} names
 */
export function meetsAim({ value, aim }: Figure): boolean | undefined {
  if (aim === null) return undefined;
  const [sign, limit] = aim.split(" ");
  if (sign === "≤") return value <= Number(limit);
  if (sign === "≥") return value >= Number(limit);
  throw new Error(`The aim "${aim}" begins neither with ≤ nor with ≥.`);
}

/** Figures as a table of text, one line each. */
export function table(figures: readonly Figure[]): string {
  const rows = [
    ["", "value", "unit", "aim", ""],
    ...figures.map((figure) => [
      figure.name,
      rounded(figure.value),
      figure.unit,
      figure.aim ?? "",
      { true: "met", false: "missed", undefined: "" }[String(meetsAim(figure)) as "true"] ?? "",
    ]),
  ];
  return columns(rows, [1]);
}

/**
 * Cells under each other.
 * @param numbers which columns stand under each other by their right ends; by default all but the first
 */
export function columns(rows: readonly (readonly string[])[], numbers?: readonly number[]): string {
  const count = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const isNumber = (column: number) => (numbers ? numbers.includes(column) : column > 0);
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumber(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return rows.map(line).join("\n");
}

/** Puts figures into `lab/.run/bench.json`; those of other benchmarks that are in it stay. */
export async function record(figures: readonly Figure[]): Promise<void> {
  await mkdir(RUN, { recursive: true });
  const names = new Set(figures.map(({ name }) => name));
  const others = (await recorded()).filter(({ name }) => !names.has(name));
  await writeFile(`${FILE}.new`, `${JSON.stringify([...others, ...figures], null, 2)}\n`);
  await rename(`${FILE}.new`, FILE);
}

async function recorded(): Promise<Figure[]> {
  try {
    return JSON.parse(await readFile(FILE, "utf8")) as Figure[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function rounded(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(value >= 10 ? 1 : 3);
}
