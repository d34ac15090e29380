// A bar chart of ours.
import {
  FieldType,
  getFieldDisplayName,
  getFieldSeriesColor,
  outerJoinDataFrames,
} from "@grafana/data";

import { AXIS, Label, WithLegend, margin, text } from "./drawn.jsx";

/** Pixels above the bars for their values. */
const HEAD = 16;

/** Bars over categories: the first text field names them, each number field is a series. */
export function BarChart({ frames, width, height, options, theme }) {
  const frame = frames.length > 1 ? outerJoinDataFrames({ frames }) : frames[0];
  const named = (field) => getFieldDisplayName(field, frame, frames);
  const category =
    frame.fields.find((one) =>
      options.xField
        ? named(one) === options.xField || one.name === options.xField
        : one.type === FieldType.string,
    ) ?? frame.fields.find((one) => one.type === FieldType.time);
  const series = frame.fields.filter(
    (one) => one.type === FieldType.number && one !== category && !one.config.custom?.hideFrom?.viz,
  );
  const color = (field, value) =>
    options.colorByField || field.config.color?.mode === "thresholds"
      ? field.display(value).color
      : getFieldSeriesColor(field, theme).color;
  const items = series.map((field) => ({
    label: named(field),
    color: color(field, field.values[0]),
    yAxis: 1,
  }));
  const horizontal = options.orientation === "horizontal";
  const stacked = options.stacking && options.stacking !== "none";
  const groups = category.values.map((name, index) => ({
    name: text(category, name),
    bars: series.map((field) => ({
      field,
      value: field.values[index] ?? 0,
      color: color(field, field.values[index]),
    })),
  }));
  const total = (bars) =>
    stacked
      ? bars.reduce((sum, { value }) => sum + value, 0)
      : Math.max(...bars.map(({ value }) => value));
  const most = Math.max(1, ...groups.map(({ bars }) => total(bars)));
  const step = nice(most / 4, series[0]?.config.decimals === 0);
  const top = series[0]?.config.max ?? Math.ceil(most / step) * step;
  return (
    <WithLegend {...{ width, height, options, items }}>
      {(wide, high) => (
        <Bars
          {...{
            groups,
            top,
            step,
            stacked,
            horizontal,
            options,
            wide,
            high,
            theme,
            field: series[0],
          }}
        />
      )}
    </WithLegend>
  );
}

/** A round distance between the lines of a grid. */
function nice(least, whole) {
  const size = 10 ** Math.floor(Math.log10(least));
  const round = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= least);
  return whole ? Math.max(1, Math.ceil(round)) : round;
}

function Bars({ groups, top, step, stacked, horizontal, options, wide, high, theme, field }) {
  const left = horizontal
    ? margin(
        groups.map(({ name }) => name),
        wide,
      )
    : 48;
  const [long, across] = horizontal
    ? [wide - left - 40, high - AXIS]
    : [high - AXIS - HEAD, wide - left];
  const slot = across / groups.length;
  const thick = slot * (options.groupWidth ?? 0.7);
  const length = (value) => (value / top) * long;
  const ink = theme.colors.text.primary;
  /** A box that begins `from` the axis and stands `offset` along it. */
  const box = (from, size, offset, width) =>
    horizontal
      ? { x: left + from, y: offset, width: size, height: width }
      : { x: left + offset, y: HEAD + long - from - size, width, height: size };
  return (
    <svg width={wide} height={high} style={{ fontSize: 12, display: "block" }}>
      <Grid {...{ top, step, field, horizontal, left, wide, high, across, length, theme, long }} />
      {groups.map(({ name, bars }, index) => (
        <g key={index}>
          {placed(bars, {
            start: index * slot + (slot - thick) / 2,
            thick,
            stacked,
            length,
            box,
          }).map((bar, number) => (
            <Bar key={number} {...{ ...bar, horizontal, stacked, options, ink }} />
          ))}
          <Label
            x={horizontal ? left - 8 : left + (index + 0.5) * slot}
            y={horizontal ? (index + 0.5) * slot : high - 10}
            anchor={horizontal ? "end" : "middle"}
            color={ink}
            room={horizontal ? left - 8 : slot}
          >
            {name}
          </Label>
        </g>
      ))}
    </svg>
  );
}

/** The bars of one category: on top of each other when they are stacked, else side by side. */
function placed(bars, { start, thick, stacked, length, box }) {
  const width = stacked ? thick : thick / bars.length;
  let below = 0;
  return bars.map((bar, index) => {
    const from = stacked ? length(below) : 0;
    below += bar.value;
    return {
      ...bar,
      at: box(from, length(bar.value), start + (stacked ? 0 : index * width), width * 0.97),
    };
  });
}

function Grid({ top, step, field, horizontal, left, wide, high, across, length, theme, long }) {
  const ticks = Array.from({ length: Math.floor(top / step) + 1 }, (_, index) => index * step);
  return ticks.map((tick) => {
    const [x, y] = [left + length(tick), HEAD + long - length(tick)];
    const line = horizontal
      ? { x1: x, x2: x, y1: 0, y2: across }
      : { x1: left, x2: wide, y1: y, y2: y };
    const place = horizontal
      ? { x, y: high - 6, textAnchor: "middle" }
      : { x: left - 8, y, textAnchor: "end", dominantBaseline: "central" };
    return (
      <g key={tick}>
        <line {...line} stroke={theme.colors.border.weak} />
        <text {...place} fill={theme.colors.text.primary}>
          {text(field, tick)}
        </text>
      </g>
    );
  });
}

function Bar({ field, value, color, at, horizontal, stacked, options, ink }) {
  const narrow = (horizontal ? at.height : at.width) < 14;
  const shown =
    value > 0 && options.showValue !== "never" && !(options.showValue === "auto" && narrow);
  const place = horizontal
    ? {
        x: at.x + at.width + (stacked ? -4 : 4),
        y: at.y + at.height / 2,
        dominantBaseline: "central",
      }
    : { x: at.x + at.width / 2, y: at.y + (stacked ? 12 : -5) };
  const anchor = horizontal ? (stacked ? "end" : "start") : "middle";
  return (
    <g>
      <rect
        {...at}
        fill={color}
        fillOpacity={(field.config.custom.fillOpacity ?? 80) / 100}
        stroke={value ? color : "none"}
      />
      {shown && (
        <text {...place} fill={ink} textAnchor={anchor}>
          {text(field, value)}
        </text>
      )}
    </g>
  );
}
