// A state timeline of ours.
import { FieldType, getFieldDisplayName } from "@grafana/data";

import { AXIS, Label, WithLegend, margin, text } from "./drawn.jsx";

/** Strips of colour over time, one for each series; equal neighbours are one strip. */
export function StateTimeline({ frames, width, height, options, theme, dashboard }) {
  const fields = frames.flatMap((frame) => {
    const time = frame.fields.find((one) => one.type === FieldType.time);
    const shown = frame.fields.filter((one) => one.type !== FieldType.time);
    return shown.map((field) => ({
      field,
      time: time.values,
      name: getFieldDisplayName(field, frame, frames),
    }));
  });
  const items = states(fields);
  return (
    <WithLegend {...{ width, height, options, items }}>
      {(wide, high) => {
        const left = margin(
          fields.map(({ name }) => name),
          wide,
        );
        const x = scale(left, wide, dashboard);
        const each = (high - AXIS) / fields.length;
        return (
          <svg width={wide} height={high} style={{ fontSize: 12, display: "block" }}>
            {fields.map((one, index) => (
              <Strips
                key={index}
                {...{ ...one, options, theme, x, left }}
                top={index * each}
                high={each}
              />
            ))}
            <TimeAxis {...{ x, wide, high, theme, dashboard }} />
          </svg>
        );
      }}
    </WithLegend>
  );
}

function states(fields) {
  const all = new Map();
  for (const { field } of fields) {
    for (const value of new Set(field.values)) {
      if (value === null) continue;
      const { color } = field.display(value);
      all.set(text(field, value), { label: text(field, value), color, yAxis: 1 });
    }
  }
  return [...all.values()];
}

function runs(values, time, { mergeValues = true }) {
  const found = [];
  values.forEach((value, index) => {
    const last = found.at(-1);
    if (mergeValues && last && last.value === value) last.end = index + 1;
    else found.push({ value, start: index, end: index + 1 });
  });
  const step = time.length > 1 ? time[1] - time[0] : 0;
  return found.map(({ value, start, end }) => ({
    value,
    from: time[start],
    to: time[end] ?? time[end - 1] + step,
  }));
}

function scale(left, wide, { timeRange }) {
  const [from, to] = [timeRange.from.valueOf(), timeRange.to.valueOf()];
  return (at) => left + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (wide - left);
}

function Strips({ field, time, name, options, theme, x, left, top, high }) {
  const thick = high * (options.rowHeight ?? 0.9);
  const middle = top + high / 2;
  const opacity = (field.config.custom.fillOpacity ?? 70) / 100;
  const anchor = { left: "start", center: "middle", right: "end" }[options.alignValue ?? "left"];
  return (
    <g>
      <Label x={left - 8} y={middle} anchor="end" color={theme.colors.text.primary} room={left - 8}>
        {name}
      </Label>
      {runs(field.values, time, options).map(({ value, from, to }) => {
        if (value === null) return null;
        const [color, start, end] = [field.display(value).color, x(from), x(to)];
        const at = { start: start + 4, middle: (start + end) / 2, end: end - 4 }[anchor];
        return (
          <g key={from}>
            <rect
              x={start}
              y={middle - thick / 2}
              width={Math.max(end - start, 1)}
              height={thick}
              fill={color}
              fillOpacity={opacity}
            />
            {options.showValue !== "never" && (
              <Label
                x={at}
                y={middle}
                anchor={anchor}
                color={theme.colors.text.primary}
                room={end - start - 8}
                hide
              >
                {text(field, value)}
              </Label>
            )}
          </g>
        );
      })}
    </g>
  );
}

function TimeAxis({ x, wide, high, theme, dashboard }) {
  const [from, to] = [dashboard.timeRange.from.valueOf(), dashboard.timeRange.to.valueOf()];
  const step = [1, 2, 5, 10, 15, 30, 60, 180, 360, 720]
    .map((one) => one * 60_000)
    .find((one) => (to - from) / one <= 8);
  const first = Math.ceil(from / step) * step;
  const ticks = Array.from(
    { length: Math.floor((to - first) / step) + 1 },
    (_, index) => first + index * step,
  );
  return ticks.map((at) => (
    <text
      key={at}
      x={Math.min(x(at), wide - 16)}
      y={high - 6}
      fill={theme.colors.text.primary}
      textAnchor="middle"
    >
      {new Date(at).toISOString().slice(11, 16)}
    </text>
  ));
}
