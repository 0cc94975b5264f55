import { z } from "zod";
import { invalidInput } from "./errors.ts";

// The syntax of the API reference, "Labels": an optional DNS prefix, then at most 63 characters.
const KEY = /^([a-z0-9A-Z]([-a-z0-9A-Z.]{0,251}[a-z0-9A-Z])?\/)?[a-z0-9A-Z]([-\w.]{0,61}[a-z0-9A-Z])?$/;
const VALUE = /^([a-z0-9A-Z]([-\w.]{0,61}[a-z0-9A-Z])?)?$/;

/** The `labels` of a request body. */
export const labelsInput = z.record(
  z.string().regex(KEY, { error: "label key is invalid" }),
  z.string().regex(VALUE, { error: "label value is invalid" }),
);

type Labels = Record<string, string>;
type Term = (labels: Labels) => boolean;

const words = (list: string) => list.split(",").map((word) => word.trim());

function term(text: string): Term {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = "", how, list = ""] = set;
    const values = words(list);
    return how === "in"
      ? (labels) => labels[key] !== undefined && values.includes(labels[key])
      : (labels) => labels[key] === undefined || !values.includes(labels[key]);
  }
  const compare = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (compare) {
    const [, key = "", how, value = ""] = compare;
    return how === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const bare = /^(!?)([^=!\s]+)$/.exec(text);
  if (bare) {
    const [, not, key = ""] = bare;
    return (labels) => (labels[key] === undefined) === (not === "!");
  }
  throw invalidInput([{ name: "label_selector", messages: [`'${text}' is not a selector`] }]);
}

/**
 * Reads a `label_selector` (equality, existence and set terms, all of which must hold).
 * @throws ApiError 422 when it does not parse.
 */
export function labelSelector(selector: string): Term {
  // A comma inside parentheses belongs to a set.
  const terms = selector.split(/,(?![^(]*\))/).map((text) => term(text.trim()));
  return (labels) => terms.every((holds) => holds(labels));
}
