// The whole page: a header like Grafana's, and the panels in their places.
import { Icon, useTheme2 } from "@grafana/ui";

import { Panel } from "./panel.jsx";
import { interpolate, values } from "./variables.js";

const COLUMNS = 24;
const CELL = 30;
const GAP = 8;
const EDGE = 16;
const HIDDEN = 2;
const ICONS = { dashboard: "apps", doc: "file-alt", info: "info-circle" };

/** Where a panel of the grid stands, in pixels of the page. */
function place({ x, y, w, h }, width) {
  const column = (width - GAP * (COLUMNS - 1)) / COLUMNS;
  return {
    left: x * (column + GAP),
    top: y * (CELL + GAP),
    width: w * column + (w - 1) * GAP,
    height: h * CELL + (h - 1) * GAP,
  };
}

/** A dashboard as a page of `width` pixels; `report` is called once for each panel. */
export function Dashboard({ dashboard, width, report }) {
  const inner = width - 2 * EDGE;
  const { panels } = dashboard;
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  return (
    <div
      style={{ padding: EDGE, paddingTop: 0, width, boxSizing: "border-box", overflow: "hidden" }}
    >
      <Header dashboard={dashboard} />
      <div style={{ position: "relative", height: bottom * (CELL + GAP) }}>
        {panels.map((panel, index) =>
          panel.type === "row" ? (
            <Row key={index} panel={panel} place={place(panel.gridPos, inner)} />
          ) : (
            <Panel
              key={index}
              {...{ panel, dashboard, report }}
              place={place(panel.gridPos, inner)}
            />
          ),
        )}
      </div>
    </div>
  );
}

function Row({ panel, place: { left, top, width } }) {
  const theme = useTheme2();
  const look = {
    position: "absolute",
    left,
    top,
    width,
    height: CELL,
    display: "flex",
    alignItems: "center",
  };
  return (
    <div style={{ ...look, gap: 8, ...theme.typography.h5, margin: 0 }}>
      <Icon name={panel.collapsed ? "angle-right" : "angle-down"} />
      {panel.title}
      {panel.collapsed && (
        <span style={{ color: theme.colors.text.secondary, fontSize: 12 }}>
          ({panel.panels.length} panels)
        </span>
      )}
    </div>
  );
}

function Header({ dashboard }) {
  const theme = useTheme2();
  const line = { display: "flex", alignItems: "center", gap: 8, flexWrap: "wrap" };
  const shown = Object.values(dashboard.variables).filter((one) => one.hide !== HIDDEN);
  const minutes = Math.round((dashboard.timeRange.to - dashboard.timeRange.from) / 60_000);
  return (
    <header>
      <div
        style={{
          ...line,
          ...theme.typography.bodySmall,
          height: 40,
          color: theme.colors.text.secondary,
        }}
      >
        Dashboards <Icon name="angle-right" />
        <span style={{ color: theme.colors.text.primary }}>{dashboard.title}</span>
      </div>
      <div style={{ ...line, paddingBottom: 16 }}>
        {shown.map((one) => (
          <Control
            key={one.name}
            label={one.label ?? one.name}
            value={one.shown}
            open={one.type !== "textbox"}
          />
        ))}
        <span style={{ flexGrow: 1 }} />
        {(dashboard.links ?? []).map((link) => (
          <Button key={link.title} icon={ICONS[link.icon] ?? "external-link-alt"}>
            {interpolate(link.title, values(dashboard.variables, dashboard.builtin), "text")}
          </Button>
        ))}
        <Button icon="clock-nine">{`Last ${minutes} minutes`}</Button>
      </div>
    </header>
  );
}

function Control({ label, value, open }) {
  const theme = useTheme2();
  const box = {
    height: 32,
    padding: "0 8px",
    display: "flex",
    alignItems: "center",
    gap: 8,
    fontSize: 14,
  };
  const edge = { border: `1px solid ${theme.components.input.borderColor}` };
  return (
    <div style={{ display: "flex" }}>
      <div
        style={{
          ...box,
          ...edge,
          borderRight: 0,
          fontSize: 12,
          fontWeight: 500,
          background: theme.colors.background.primary,
        }}
      >
        {label}
      </div>
      <div style={{ ...box, ...edge, background: theme.components.input.background, minWidth: 60 }}>
        {value}
        {open && <Icon name="angle-down" />}
      </div>
    </div>
  );
}

function Button({ icon, children }) {
  const theme = useTheme2();
  const box = {
    height: 32,
    padding: "0 8px",
    display: "flex",
    alignItems: "center",
    gap: 6,
    fontSize: 14,
  };
  return (
    <div
      style={{
        ...box,
        border: `1px solid ${theme.colors.border.weak}`,
        background: theme.colors.background.primary,
      }}
    >
      <Icon name={icon} />
      {children}
    </div>
  );
}
