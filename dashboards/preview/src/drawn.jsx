// What the two kinds of panels share that we draw ourselves, as Grafana does not publish its own.
import { formattedValueToString } from "@grafana/data";
import { VizLayout, VizLegend } from "@grafana/ui";

/** Pixels below a picture for its axis. */
export const AXIS = 24;
const CHARACTER = 6.5;
const MOST_OF_WIDTH = 0.3;

/** A value as Grafana writes it. */
export const text = (field, value) => formattedValueToString(field.display(value));

/** Room left of a picture for names as long as these. */
export function margin(names, wide) {
  const longest = Math.max(...names.map((name) => name.length));
  return Math.min(longest * CHARACTER + 16, wide * MOST_OF_WIDTH);
}

/** A picture with a legend of `items` beside it. */
export function WithLegend({ width, height, options, items, children }) {
  const { showLegend = true, placement = "bottom", displayMode = "list" } = options.legend ?? {};
  const legend = showLegend && items.length > 0 && (
    <VizLayout.Legend placement={placement}>
      <VizLegend items={items} placement={placement} displayMode={displayMode} readonly />
    </VizLayout.Legend>
  );
  return (
    <VizLayout width={width} height={height} legend={legend || null}>
      {children}
    </VizLayout>
  );
}

/** A text that is cut to the room it has, or hidden. */
export function Label({ x, y, anchor, color, room, hide, children }) {
  const fits = Math.floor(room / CHARACTER);
  if (hide && children.length > fits) return null;
  const shown = children.length > fits ? `${children.slice(0, Math.max(fits - 1, 1))}…` : children;
  return (
    <text x={x} y={y} fill={color} textAnchor={anchor} dominantBaseline="central">
      {shown}
    </text>
  );
}
