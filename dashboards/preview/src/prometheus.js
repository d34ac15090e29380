// Queries Prometheus and gives its answers the shape that Grafana's data source gives them.
import { FieldType, toDataFrame } from "@grafana/data";

const number = (text) => ({ "+Inf": Infinity, "-Inf": -Infinity })[text] ?? Number(text);

/** Prometheus behind the driver's proxy, over one range of time. */
export class Prometheus {
  constructor(range) {
    this.range = range;
  }

  async get(path, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
    const answer = await fetch(`/prometheus/api/v1/${path}?${new URLSearchParams(given)}`);
    const body = await answer.json();
    if (body.status !== "success") throw new Error(`${body.error}: ${parameters.query}`);
    return body.data;
  }

  labelValues(label, selector) {
    return this.get(`label/${label}/values`, { "match[]": selector });
  }

  async queryResult(query) {
    const { result } = await this.get("query", { query, time: this.range.to });
    return result.map(({ metric, value }) => `${described(metric)} ${value[1]} ${value[0] * 1000}`);
  }

  /** The frames of one target; `table` gives one frame with a column for each label. */
  async frames(target, query, step = this.range.step) {
    const { from, to } = this.range;
    const data = target.instant
      ? await this.get("query", { query, time: to })
      : await this.get("query_range", { query, start: from, end: to, step });
    if (data.resultType === "scalar") data.result = [{ metric: {}, value: data.result }];
    const series = data.result.map(({ metric, values, value }) => ({
      metric,
      points: values ?? [value],
    }));
    return target.format === "table"
      ? table(target, series)
      : series.map((one) => line(target, one, query));
  }
}

function described({ __name__: name = "", ...labels }) {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length ? `${name}{${pairs.join(", ")}}` : name;
}

function legend(format, metric, query) {
  if (!format || format === "__auto") return Object.keys(metric).length ? undefined : query;
  return format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? "");
}

function line({ refId, legendFormat }, { metric, points }, query) {
  const displayNameFromDS = legend(legendFormat, metric, query);
  return toDataFrame({
    refId,
    name: displayNameFromDS ?? described(metric),
    fields: [
      { name: "Time", type: FieldType.time, values: points.map(([at]) => at * 1000) },
      {
        name: "Value",
        type: FieldType.number,
        labels: metric,
        config: { displayNameFromDS },
        values: points.map(([, value]) => number(value)),
      },
    ],
  });
}

function table({ refId, valueName }, series) {
  const labels = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.flatMap(({ metric, points }) =>
    points.map(([at, value]) => ({ metric, at, value })),
  );
  if (!rows.length) return [toDataFrame({ refId, fields: [] })];
  return [
    toDataFrame({
      refId,
      fields: [
        { name: "Time", type: FieldType.time, values: rows.map(({ at }) => at * 1000) },
        ...labels.map((name) => ({
          name,
          type: FieldType.string,
          values: rows.map(({ metric }) => metric[name] ?? ""),
        })),
        { name: valueName, type: FieldType.number, values: rows.map(({ value }) => number(value)) },
      ],
    }),
  ];
}
