import { invalidInput } from "./errors.ts";
import { labelSelector } from "./labels.ts";
import type { Answer } from "./router.ts";

interface Listed {
  id: number;
  name?: string;
  labels?: Record<string, string>;
  created?: string;
}

const DEFAULT_PER_PAGE = 25;
const MOST_PER_PAGE = 50;

function count(query: URLSearchParams, name: string, fallback: number, most: number): number {
  const given = query.get(name);
  if (given === null || given === "") return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidInput([{ name, messages: [`'${given}' must be a whole number from 1 to ${most}`] }]);
}

function sorted<T extends Listed>(query: URLSearchParams, items: T[]): T[] {
  const orders = query.getAll("sort").map((order) => order.split(":"));
  return [...items].sort((a, b) => {
    for (const [field, direction] of orders) {
      if (field !== "id" && field !== "name" && field !== "created")
        throw invalidInput([{ name: "sort", messages: [`'${field}' cannot be sorted by`] }]);
      const [left, right] = [a[field] ?? "", b[field] ?? ""];
      if (left !== right) return left < right === (direction !== "desc") ? -1 : 1;
    }
    return a.id - b.id;
  });
}

/**
 * One page of a list, filtered by `name` and `label_selector`, with `meta.pagination`.
 * @throws ApiError 422 for a page, an order or a selector that does not parse.
 */
export async function listing<T extends Listed>(
  plural: string,
  query: URLSearchParams,
  items: T[],
  show: (item: T) => unknown,
): Promise<Answer> {
  const perPage = count(query, "per_page", DEFAULT_PER_PAGE, MOST_PER_PAGE);
  const page = count(query, "page", 1, Number.MAX_SAFE_INTEGER);
  const name = query.get("name");
  const selector = query.get("label_selector");
  const matches = selector ? labelSelector(selector) : () => true;
  const chosen = sorted(query, items).filter(
    (item) => (!name || item.name === name) && matches(item.labels ?? {}),
  );
  const last = Math.max(1, Math.ceil(chosen.length / perPage));
  return {
    status: 200,
    body: {
      [plural]: await Promise.all(chosen.slice((page - 1) * perPage, page * perPage).map(show)),
      meta: {
        pagination: {
          page,
          per_page: perPage,
          previous_page: page > 1 ? page - 1 : null,
          next_page: page < last ? page + 1 : null,
          last_page: last,
          total_entries: chosen.length,
        },
      },
    },
  };
}
