/**
 * Medians and ratios of what was measured; pure.
 */

/**
 * The value below which a share of all values lies, the nearest rank.
 * @param share 0.5 for the median
 * @throws Error when there are no values
 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new Error("There is no median of nothing.");
  return found;
}

/** The median; of an even number of values the lower of the two in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** What each way came to in one round, by the name of what was measured; a way may have no such value. */
export type Round<Way extends string, Measure extends string> = Readonly<
  Record<Way, Readonly<Partial<Record<Measure, number>>>>
>;

/**
 * A measure of one way ÷ that of another: the median over the rounds of the ratio within each round, so that a round in
 * which the computer was busy counts as one, and no more.
 * @returns undefined where one of them has no such value in any round
 */
export function ratio<Way extends string, Measure extends string>(
  rounds: readonly Round<Way, Measure>[],
  measure: Measure,
  above: Way,
  below: Way,
): number | undefined {
  const ratios = rounds.flatMap((round) => {
    const [over, under] = [round[above][measure], round[below][measure]];
    return over === undefined || under === undefined ? [] : [over / under];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}
