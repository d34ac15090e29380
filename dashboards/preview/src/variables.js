// The variables of a dashboard: their options from Prometheus, and how they are written into
// queries, links and texts. Formats behave as Grafana's do.
import { getFieldDisplayValuesProxy, formattedValueToString } from "@grafana/data";

const REFERENCE =
  /\$(\w+)|\$\{(\w+)((?:\.[^:{}[\]]+|\["[^"]*"\]|\['[^']*'\]|\[\d+\])*)(?::([^}]+))?\}/g;
const STEPS = /\.([^.[\]]+)|\["([^"]*)"\]|\['([^']*)'\]|\[(\d+)\]/g;

const strict = (text) =>
  text.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
const escaped = (text) => String(text).replace(/[\\^$.*+?()[\]{}|]/g, "\\\\$&");
const braced = (value) =>
  Array.isArray(value) && value.length > 1 ? `{${value.join(",")}}` : String(value);
const alternatives = (value) =>
  Array.isArray(value) && value.length > 1 ? `(${value.map(escaped).join("|")})` : escaped(value);

const FORMATS = {
  raw: String,
  text: String,
  csv: String,
  glob: braced,
  pipe: (value) => [value].flat().join("|"),
  regex: alternatives,
  percentencode: (value) => strict(encodeURIComponent(braced(value))),
  uriencode: (value) => strict(encodeURI(braced(value))),
  queryparam: (value, name) =>
    [value]
      .flat()
      .map((one) => `var-${name}=${strict(encodeURIComponent(one))}`)
      .join("&"),
};

/** The variables with their options and what they stand at: what is stored, or else all. */
export async function resolve(dashboard, prometheus, builtin) {
  const variables = {};
  for (const one of dashboard.templating?.list ?? []) {
    const offered = await options(one, prometheus, (text) =>
      interpolate(text, values(variables, builtin), "regex"),
    );
    variables[one.name] = { ...one, offered, ...standing(one, offered) };
  }
  return variables;
}

/** What queries and links are given: name to value. */
export function values(variables, builtin) {
  const named = Object.entries(variables).map(([name, one]) => [name, one.value]);
  const chosen = named.map(([name]) => FORMATS.queryparam(variables[name].chosen, name));
  return { ...builtin, ...Object.fromEntries(named), __all_variables: new Raw(chosen.join("&")) };
}

async function options(variable, prometheus, written) {
  if (variable.type === "datasource") return ["Prometheus"];
  if (variable.type !== "query") {
    return String(variable.query ?? "")
      .split(",")
      .map((one) => one.split(" : ").pop().trim());
  }
  const query = written(variable.query?.query ?? variable.query ?? "");
  const found = query.match(/^label_values\((?:(.+),)?\s*(\w+)\)$/s);
  const offered = found
    ? await prometheus.labelValues(found[2], found[1]?.trim())
    : await prometheus.queryResult(query.replace(/^query_result\((.*)\)$/s, "$1"));
  const pattern = variable.regex && new RegExp(variable.regex.replace(/^\/|\/\w*$/g, ""));
  if (!pattern) return offered;
  const matches = offered.map((one) => one.match(pattern)).filter(Boolean);
  return [...new Set(matches.map((one) => one.groups?.value ?? one[1] ?? one[0]))];
}

function standing(variable, offered) {
  const current = variable.current?.value;
  const all = [current].flat().includes("$__all");
  if (
    all ||
    ((current === undefined || current === "" || current?.length === 0) && variable.includeAll)
  ) {
    return { shown: "All", chosen: "$__all", value: Raw.of(variable.allValue) ?? offered };
  }
  const value = current || offered[0] || "";
  const shown = String(variable.current?.text || value);
  return { shown, chosen: value, value: variable.multi ? [value].flat() : value };
}

/** A value that is written as it is, whatever the format. */
export class Raw extends String {
  static of(text) {
    return text ? new Raw(text) : undefined;
  }
}

/** A text with its references filled in; an unknown one stays. */
export function interpolate(text, known, format = "glob", context = undefined) {
  return String(text ?? "").replace(REFERENCE, (reference, plain, name, path, chosen) => {
    const value = found(plain ?? name, path, known, context);
    if (value === undefined) return reference;
    if (value instanceof Raw) return String(value);
    const write = typeof format === "function" && !chosen ? format : FORMATS[chosen ?? format];
    return (write ?? FORMATS.glob)(value, plain ?? name);
  });
}

function found(name, path, known, context) {
  const steps = [...(path ?? "").matchAll(STEPS)].map((one) =>
    one.slice(1).find((part) => part !== undefined),
  );
  if (!context || !name.startsWith("__") || name in known) return known[name];
  const { frame, field, rowIndex, calculatedValue } = context;
  const shown = calculatedValue ?? field?.display?.(field.values[rowIndex]);
  const roots = {
    __data: () => ({
      fields: getFieldDisplayValuesProxy({ frame, rowIndex }),
      name: frame.name,
      refId: frame.refId,
    }),
    __field: () => ({ name: field.config.displayName ?? field.name, labels: field.labels ?? {} }),
    __series: () => ({ name: frame.name }),
    __value: () => ({
      raw: calculatedValue ? calculatedValue.numeric : field.values[rowIndex],
      numeric: shown.numeric,
      text: formattedValueToString(shown),
    }),
  };
  if (!(name in roots)) return undefined;
  const value = steps.reduce((part, step) => part?.[step], roots[name]()) ?? "";
  return typeof value === "object" ? String(value) : value;
}
