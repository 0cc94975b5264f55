/**
 * Entry of `npm run bench`: measures, prints a table, and writes `lab/.run/bench.json`.
 */
import { program } from "commander";
import { say, step } from "../progress.ts";
import { setUp } from "../setup.ts";
import { type Figure, record, table } from "./figures.ts";
import { instructionFigures, measureInstructions } from "./instructions.ts";
import { measurePlan } from "./plan.ts";
import { measureThroughput } from "./throughput.ts";
import { benchTransports } from "./transports/index.ts";
import { measureUp } from "./up.ts";

const BENCHMARKS: Readonly<Record<string, { what: string; measure(): Promise<Figure[]> }>> = {
  plan: {
    what: "Planning and rendering a large relay",
    measure: async () => measurePlan(),
  },
  instructions: {
    what: "Instructions of a packet on the relay (a minute)",
    async measure() {
      await setUp();
      return instructionFigures(await measureInstructions());
    },
  },
  up: {
    what: "An up that changes nothing, beside an empty program (five minutes)",
    measure: measureUp,
  },
  throughput: {
    what: "Throughput by the tunnel, by plain DNAT and by socat (five minutes)",
    async measure() {
      await setUp();
      return measureThroughput();
    },
  },
};

async function bench(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const { what, measure } = BENCHMARKS[name] as (typeof BENCHMARKS)[string];
    const figures = await step(what, measure);
    await record(figures);
    process.stdout.write(`${table(figures)}\n\n`);
  }
  say("All figures: lab/.run/bench.json");
}

async function transports(quick: boolean): Promise<void> {
  await setUp();
  const told = await step(TRANSPORTS, () => benchTransports(quick));
  process.stdout.write(`${told}\n\n`);
  say("All figures: lab/.run/bench.json");
}

const TRANSPORTS = "Every transport, frp and wireguard-go beside plain DNAT (some minutes)";

program.name("npm run bench --").description("Measures; without a name, everything but transports.");
program.action(() => bench(Object.keys(BENCHMARKS)));
for (const [name, { what }] of Object.entries(BENCHMARKS)) {
  program
    .command(name)
    .description(what)
    .action(() => bench([name]));
}
program
  .command("transports")
  .description(TRANSPORTS)
  .option("--quick", "less of everything, and the chart in lab/.run: to try a change out")
  .action(({ quick = false }: { quick?: boolean }) => transports(quick));
await program.parseAsync();
