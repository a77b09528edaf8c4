// ECharts with only what dashboards draw. Imported on demand: `const { draw } = await import("./charts.js")`.

import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, FunnelChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const SERIES = ["indigo", "teal", "orange", "pink", "cyan", "purple", "lime", "red", "blue", "yellow", "green", "gray"];

/** Draw a card's marks in `element`; a click on one leads to its rows. */
export function draw(element, kind, given, { horizontal, go }) {
  const look = lookOf(element);
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: "canvas" });
  const option = { bar, line, pie, funnel }[kind](given, look, horizontal);
  // Tooltips are drawn, not HTML: the content security policy forbids inline styles.
  chart.setOption({ animationDuration: 250, textStyle: { fontFamily: look.font }, aria: { enabled: true }, ...option, tooltip: { ...option.tooltip, ...look.tooltip, renderMode: "richText", confine: true } });
  chart.on("click", ({ data }) => data?.href && go(data.href));
  new ResizeObserver(() => chart.resize()).observe(element);
  return chart;
}

function lookOf(element) {
  const style = getComputedStyle(element);
  const token = (name) => resolved(element, style.getPropertyValue(name).trim());
  const color = (name) => token(`--fl-chart-${name}`) || token("--fl-accent");
  const ink = token("--fl-ink");
  return {
    font: style.fontFamily,
    color,
    series: SERIES.map(color),
    ink,
    soft: token("--fl-ink-soft"),
    line: token("--fl-line"),
    surface: token("--fl-surface"),
    tooltip: { backgroundColor: token("--fl-surface-raised"), borderColor: token("--fl-line"), textStyle: { color: ink, fontSize: 12 }, padding: [6, 10] },
  };
}

/** A colour as the browser paints it; light-dark() is nothing a canvas knows. */
function resolved(element, value) {
  if (!value) return "";
  const probe = document.createElement("span");
  probe.style.color = value;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

const chinese = document.documentElement.lang.startsWith("zh");

/** A number in few characters: 12.3万, 1.2M. */
export function short(value) {
  const units = chinese ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "B"], [1e6, "M"], [1e4, "K"]];
  for (const [size, unit] of units) {
    if (Math.abs(value) >= size) return `${+(value / (unit === "K" ? 1e3 : size)).toFixed(1)}${unit}`;
  }
  return value.toLocaleString(undefined, { maximumFractionDigits: 2 });
}

const full = (value) => Number(value).toLocaleString(undefined, { maximumFractionDigits: 2 });

/** Rows of marks as series: {names of categories, series: [{name, color, data by category}]}. */
function series({ marks, measures }, look) {
  const categories = [...new Set(marks.map((mark) => mark.label))];
  const split = marks.some((mark) => mark.series !== null && mark.series !== undefined);
  if (!split) {
    const single = measures.length === 1;
    const list = measures.map((name, place) => ({
      name,
      color: look.series[place],
      data: categories.map((label) => {
        const mark = marks.find((each) => each.label === label);
        const own = single && mark.color ? { itemStyle: { color: look.color(mark.color) } } : {};
        return { value: Number(mark.values[place] ?? 0), href: mark.href, ...own };
      }),
    }));
    return { categories, list };
  }
  const names = [...new Set(marks.map((mark) => mark.series))];
  const list = names.map((name, place) => {
    const own = marks.filter((mark) => mark.series === name);
    const color = own[0].color ? look.color(own[0].color) : look.series[place % look.series.length];
    return {
      name,
      color,
      data: categories.map((label) => {
        const mark = own.find((each) => each.label === label);
        return { value: mark ? Number(mark.values[0] ?? 0) : 0, href: mark?.href };
      }),
    };
  });
  return { categories, list, stacked: true };
}

function axes(categories, look, horizontal) {
  const names = { type: "category", data: categories, axisTick: { show: false }, axisLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.soft, fontSize: 11, hideOverlap: true, width: horizontal ? 88 : undefined, overflow: "truncate" } };
  const values = { type: "value", splitLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.soft, fontSize: 11, formatter: short } };
  return horizontal ? { xAxis: values, yAxis: { ...names, inverse: true } } : { xAxis: names, yAxis: values };
}

function frame(list, look) {
  const many = list.length > 1;
  return {
    grid: { left: 8, right: 20, top: many ? 30 : 16, bottom: 4, containLabel: true },
    legend: many ? { top: 0, left: 0, itemWidth: 10, itemHeight: 10, icon: "roundRect", textStyle: { color: look.soft, fontSize: 11 }, type: "scroll" } : undefined,
  };
}

function bar(given, look, horizontal) {
  const { categories, list, stacked } = series(given, look);
  const label = list.length === 1 && categories.length <= 14 ? { show: true, position: horizontal ? "right" : "top", color: look.soft, fontSize: 11, formatter: ({ value }) => (value ? short(value) : "") } : undefined;
  return {
    ...frame(list, look),
    ...axes(categories, look, horizontal),
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: full },
    series: list.map((each) => ({ type: "bar", name: each.name, data: each.data, stack: stacked ? "all" : undefined, color: each.color, barMaxWidth: 28, itemStyle: stacked ? {} : { borderRadius: horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] }, label, cursor: "pointer" })),
  };
}

function line(given, look) {
  const { categories, list } = series(given, look);
  return {
    ...frame(list, look),
    ...axes(categories, look, false),
    tooltip: { trigger: "axis", valueFormatter: full },
    series: list.map((each) => ({ type: "line", name: each.name, data: each.data, color: each.color, smooth: 0.2, smoothMonotone: "x", symbolSize: 6, showSymbol: categories.length <= 31, lineStyle: { width: 2 }, areaStyle: list.length === 1 ? { opacity: 0.08 } : undefined })),
  };
}

function slices({ marks }, look) {
  return marks.map((mark, place) => ({ name: mark.label, value: Number(mark.values[0] ?? 0), href: mark.href, others: mark.values.slice(1), itemStyle: { color: mark.color ? look.color(mark.color) : look.series[place % look.series.length] } }));
}

function pie(given, look) {
  return {
    tooltip: { trigger: "item", formatter: ({ name, value, percent }) => `${name}  ${full(value)}  ${percent}%` },
    series: [{ type: "pie", radius: ["46%", "72%"], center: ["50%", "52%"], data: slices(given, look), minShowLabelAngle: 6, itemStyle: { borderColor: look.surface, borderWidth: 2 }, label: { color: look.ink, fontSize: 12, formatter: ({ name, percent }) => `${name}  ${Math.round(percent)}%` }, labelLine: { lineStyle: { color: look.line } } }],
  };
}

function funnel(given, look) {
  const data = slices(given, look);
  const most = Math.max(...data.map((each) => each.value), 1);
  return {
    tooltip: { trigger: "item", formatter: ({ name, value, data: { others } }) => [name, full(value), ...others.map(full)].join("  ") },
    series: [{ type: "funnel", sort: "none", left: "4%", right: "34%", top: 8, bottom: 8, min: 0, max: most, minSize: "12%", gap: 3, data, itemStyle: { borderWidth: 0, borderRadius: 3 }, label: { position: "right", color: look.ink, fontSize: 12, formatter: ({ name, value, dataIndex }) => `${name}  ${short(value)}${conversion(data, dataIndex)}` }, labelLine: { lineStyle: { color: look.line } } }],
  };
}

/** How much of the step before has come so far. */
function conversion(data, place) {
  const before = data[place - 1]?.value;
  return before ? `  ${Math.round((data[place].value / before) * 100)}%` : "";
}
