/**
 * How long it takes to plan and render a large relay.
 */
import { parseSpec } from "../../src/config/index.ts";
import { plan } from "../../src/plan/index.ts";
import { render } from "../../src/render/index.ts";
import { exampleConfig, exampleFacts } from "./example.ts";
import type { Figure } from "./figures.ts";
import { median } from "./ratios.ts";

/** Size of the relay that the aim names. */
const HOMES = 100;
const SERVICES = 1000;

/** Repetitions; the median counts, so that a busy computer does not decide. */
const RUNS = 7;

/** Times the parsing of a config, and planning and rendering, each as the median of several runs. */
export function measurePlan(): Figure[] {
  const config = exampleConfig(HOMES, SERVICES);
  const size = `${HOMES} homes with ${SERVICES.toLocaleString("en")} services`;
  const { spec } = parseSpec(config);
  const facts = exampleFacts(spec);
  return [
    { name: `config of ${size}`, value: seconds(() => parseSpec(config)), unit: "s", aim: null },
    {
      name: `plan and render of ${size}`,
      value: seconds(() => render(plan(spec, facts))),
      unit: "s",
      aim: "≤ 1",
    },
  ];
}

function seconds(work: () => unknown): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    work();
    return (performance.now() - start) / 1000;
  });
  return median(times);
}
