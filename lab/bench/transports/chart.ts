/**
 * The chart of the ways, as SVG: small bars by way, one panel for each measure, a line at plain DNAT.
 */
import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { Bar } from "./figures.ts";

/** Two colours that also those tell apart who see red and green alike. */
const COLOURS = { relay4in6: "#0072b2", other: "#d55e00" } as const;

/**
 * @param bars in the order in which ways and panels are shown
 * @param subtitle on which machine it was measured, and when
 */
export async function chart(bars: readonly Bar[], subtitle: string): Promise<string> {
  const view = new View(parse(compile(specification(bars, subtitle)).spec), { renderer: "none" });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

/** What is drawn, in Vega-Lite's terms. */
export function specification(bars: readonly Bar[], subtitle: string): TopLevelSpec {
  const panels = [...new Set(bars.map(({ panel }) => panel))];
  const ways = [...new Set(bars.map(({ way }) => way))];
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: {
      text: "Transports, as a ratio to plain DNAT without a tunnel",
      subtitle: [subtitle, "The line at 1 is plain DNAT."],
      anchor: "start",
    },
    background: "white",
    data: { values: [...bars] },
    columns: 2,
    spacing: 24,
    concat: panels.map((panel) => ({
      title: { text: panel, anchor: "start", fontSize: 12 },
      width: 300,
      height: { step: 22 },
      transform: [{ filter: { field: "panel", equal: panel } }],
      encoding: {
        y: { field: "way", type: "nominal", sort: ways, title: null, scale: { domain: ways } },
        x: {
          field: "ratio",
          type: "quantitative",
          title: null,
          scale: { zero: true },
          axis: { grid: false, tickCount: 5 },
        },
      },
      layer: [
        {
          mark: { type: "bar", height: 14 },
          encoding: {
            color: {
              field: "whose",
              type: "nominal",
              title: null,
              scale: { domain: Object.keys(COLOURS), range: Object.values(COLOURS) },
              legend: { orient: "bottom" },
            },
          },
        },
        {
          mark: { type: "rule", color: "#555555", strokeDash: [4, 3] },
          encoding: { x: { datum: 1 }, y: null },
        },
        {
          mark: { type: "text", fontSize: 10, align: "left", dx: 5 },
          encoding: { text: { field: "ratio", format: ".2f" } },
        },
      ],
    })),
  } as TopLevelSpec;
}
