import { defineConfig } from "vitest/config";

const lab = "test/lab/**/*.test.ts";

/**
 * Tests against the programs themselves: sshd and dropbear, rules in a kernel's namespaces, the program that
 * reads each rendered file, the command as a process. They take minutes together; all others take seconds.
 */
const real = [
  "test/cli/{byHand,commands,manualHome,options,render}.test.ts",
  "test/deliver/{debianHome,endlessRelay,faults,follow,session,transaction,turnover}.test.ts",
  "test/doctor/scripts.test.ts",
  "test/probe/clean.test.ts",
  "test/render/{derive,failover,ipv6,readers,relayRules,undeclared}.test.ts",
  "test/stack/endOnMachine.test.ts",
  "test/transports/traffic.test.ts",
];

/** Until what a test waits for has come: a second, where nobody says how long, is nothing on a busy machine. */
const waiting = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [lab, ...real],
          testTimeout: 30_000,
          maxWorkers: 4,
          // Loading the modules anew for each file takes as long as the tests.
          isolate: false,
        },
      },
      {
        test: {
          name: "real",
          include: real,
          testTimeout: 120_000,
          expect: waiting,
          hookTimeout: 120_000,
          globalSetup: "test/withGo.ts",
          maxWorkers: 4,
        },
      },
      {
        test: {
          name: "lab",
          include: [lab],
          testTimeout: 120_000,
          expect: waiting,
          hookTimeout: 1_200_000,
          globalSetup: ["test/lab/prepare.ts", "test/withGo.ts"],
          // Each has a cloud, a backend and machines of its own, and a machine takes a processor.
          maxWorkers: 2,
          // Those with another number of workers come before.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
