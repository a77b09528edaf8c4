// ECharts with only what dashboards draw. Imported on demand: `const { draw } = await import("./charts.js")`.

import { BarChart, CustomChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([BarChart, CustomChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const SERIES = ["indigo", "teal", "orange", "pink", "cyan", "purple", "lime", "red", "blue", "yellow", "green", "gray"];
const NARROW = 380;
const UNLIKE = 12;
const TIGHT = 440;
const FEW_SLICES = 4;
const MANY_SLICES = 9;
const LABELLED = 14;
const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const PAPER = matchMedia("print");
const shown = new Set();

/**
 * Draw a card's marks in `element`, or change its chart to them; `open(href, event)` shows the rows behind one.
 * The first drawing is there at once; changes move.
 */
export function draw(element, kind, given, { horizontal, open }) {
  const chart = echarts.getInstanceByDom(element) ?? begun(element, open);
  const look = { ...lookOf(element), width: element.clientWidth, narrow: element.clientWidth < NARROW };
  const option = { bar, line, pie, funnel }[kind](given, look, horizontal);
  const moves = chart.drawn && chart.theme === theme() && !STILL.matches;
  chart.drawn = () => draw(element, kind, JSON.parse(element.dataset.given), { horizontal, open });
  chart.narrow = look.narrow;
  chart.theme = theme();
  // Tooltips are drawn, not HTML: the content security policy forbids inline styles.
  const tooltip = { ...option.tooltip, ...look.tooltip, renderMode: "richText", confine: true };
  chart.setOption({ animation: Boolean(moves), animationDurationUpdate: 300, textStyle: { fontFamily: look.font }, ...option, tooltip }, { notMerge: !moves, replaceMerge: moves ? ["series"] : undefined });
  return chart;
}

/** What the colours depend on: paper is light whatever the screen is. */
const theme = () => `${document.documentElement.dataset.bsTheme} ${PAPER.matches}`;

/** Draw all charts again in other colours. */
export function redraw() {
  for (const chart of shown) chart.drawn?.();
}

PAPER.addEventListener("change", redraw);

function begun(element, open) {
  const chart = echarts.init(element, null, { renderer: "canvas" });
  chart.on("click", ({ data, event }) => data?.href && open(data.href, event?.event));
  const watch = new ResizeObserver(() => {
    if (!element.isConnected) {
      watch.disconnect();
      shown.delete(chart);
      chart.dispose();
      return;
    }
    chart.resize();
    if (chart.narrow !== element.clientWidth < NARROW) chart.drawn?.();
  });
  watch.observe(element);
  shown.add(chart);
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

const language = () => document.documentElement.lang;
const UNITS = { zh: [["", 1, 1e4], ["万", 1e4, 1e8], ["亿", 1e8, Infinity]], en: [["", 1, 1e4], ["K", 1e3, 1e6], ["M", 1e6, 1e9], ["B", 1e9, Infinity]] };

/** A number in few characters, as `dashboards/numbers.py` writes it: 12.3万, 1.2M. */
export function short(value) {
  for (const [unit, size, end] of UNITS[language().startsWith("zh") ? "zh" : "en"]) {
    const rounded = unit ? Math.round((value / size) * 10) / 10 : Math.round(value);
    if (Math.abs(rounded) * size < end) return unit ? `${rounded.toLocaleString(language())}${unit}` : full(value);
  }
  return full(value);
}

const full = (value) => Number(value).toLocaleString(language(), { maximumFractionDigits: 2 });
const number = (value) => Number(value ?? 0) || 0;

/** Marks as series: [{name, color, unit, data by category}]. What has not begun has no value. */
function seriesOf({ categories, series, marks, measures, units, color }, look) {
  const blank = categories.map(({ begun }) => ({ value: begun ? 0 : null }));
  if (series.length) {
    return series.map(({ label, color }, row) => {
      const data = [...blank];
      for (const mark of marks) if (mark.row === row) data[mark.category] = { value: number(mark.values[0]), href: mark.href };
      return { name: label, color: colorOf(color, row, look), unit: units[0], data };
    });
  }
  return measures.map((name, place) => {
    const data = [...blank];
    for (const mark of marks) {
      const own = measures.length === 1 && mark.color ? { itemStyle: { color: look.color(mark.color) } } : {};
      data[mark.category] = { value: number(mark.values[place]), href: mark.href, ...own };
    }
    return { name, color: place ? look.series[place % look.series.length] : colorOf(color, 0, look), unit: units[place], data };
  });
}

function colorOf(color, place, look) {
  return color ? look.color(color) : look.series[place % look.series.length];
}

/** Which labels there is room for, counted from where a year begins: that label is always shown. */
function intervalOf(categories, look) {
  if (!categories.some(({ short }) => short.includes("\n"))) return "auto";
  const step = Math.ceil((categories.length * 36) / Math.max(look.width - 60, 1));
  let turn = 0;
  const shown = categories.map(({ short }, place) => {
    if (short.includes("\n")) turn = place;
    const isCrowded = categories.slice(place + 1, place + step).some((next) => next.short.includes("\n"));
    return place === turn || ((place - turn) % step === 0 && !isCrowded);
  });
  return (place) => shown[place];
}

/** Whether the places of an axis are things with names, all of which are to be read, and not days or months. */
const isNamed = (categories) => categories.length <= 24 && categories.every(({ label, short }) => label === short);

/** Whether the names of things, of which none may be left out, have no room side by side. */
function isCrowded(categories, look) {
  const wide = ({ short }) => [...short].reduce((sum, letter) => sum + (letter > "\u2e80" ? 11 : 6.5), 12);
  const room = (look.width - 60) / categories.length;
  return isNamed(categories) && categories.some((each, place) => place && (wide(each) + wide(categories[place - 1])) / 2 > room);
}

const mostOf = ({ data }) => Math.max(0, ...data.map(({ value }) => Math.abs(value ?? 0)));

/** Whether one of two numbers is so small beside the other that it would not be seen: each then has its own axis. */
function isOfTwoScales(list) {
  if (list.length !== 2) return false;
  const [small, large] = list.map(mostOf).sort((a, b) => a - b);
  return small > 0 && large / small > UNLIKE;
}

function axes({ categories, series, units }, list, look, horizontal) {
  const isWhole = list.every(({ data }) => data.every(({ value }) => Number.isInteger(value ?? 0)));
  const names = {
    type: "category",
    data: categories.map(({ label }) => label),
    axisTick: { show: false },
    axisLine: { lineStyle: { color: look.line } },
    axisLabel: { color: look.soft, fontSize: 11, lineHeight: 14, hideOverlap: true, interval: horizontal || isNamed(categories) ? 0 : intervalOf(categories, look), formatter: (_, place) => categories[place].short, width: horizontal ? 96 : undefined, overflow: horizontal ? "truncate" : undefined },
    tooltip: { show: true },
  };
  if (!horizontal && isCrowded(categories, look)) Object.assign(names.axisLabel, { rotate: 32, interval: 0, hideOverlap: false, width: 76, overflow: "truncate" });
  const values = { type: "value", minInterval: isWhole ? 1 : undefined, splitNumber: look.narrow && horizontal ? 3 : 5, splitLine: { lineStyle: { color: look.line } }, axisLabel: { color: look.soft, fontSize: 11, hideOverlap: true, formatter: (value) => short(value) + (units[0] ?? "") } };
  if (horizontal) return { xAxis: values, yAxis: { ...names, inverse: true } };
  if (series.length || !isOfTwoScales(list)) return { xAxis: names, yAxis: values };
  const second = { ...values, splitLine: { show: false }, axisLabel: { ...values.axisLabel, formatter: (value) => short(value) + (units[1] ?? "") } };
  return { xAxis: names, yAxis: [values, second] };
}

function frame(list, look) {
  const many = list.length > 1;
  return {
    grid: { left: 4, right: 24, top: many ? 34 : 18, bottom: 4, containLabel: true },
    legend: many ? legend(look, { top: 0, left: 0, right: 0 }) : undefined,
  };
}

function legend(look, place) {
  return { type: "scroll", itemWidth: 10, itemHeight: 10, itemGap: 12, icon: "roundRect", textStyle: { color: look.soft, fontSize: 11 }, pageTextStyle: { color: look.soft }, pageIconColor: look.soft, pageIconInactiveColor: look.line, pageIconSize: 10, inactiveColor: look.line, ...place };
}

function bar(given, look, horizontal) {
  const list = seriesOf(given, look);
  const stacked = given.series.length > 0;
  const isLabelled = given.categories.length <= (look.narrow && !horizontal ? LABELLED / 2 : LABELLED) && (stacked || list.length === 1);
  const total = (place) => list.reduce((sum, { data }) => sum + (data[place].value ?? 0), 0);
  const label = { show: true, position: horizontal ? "right" : "top", color: look.soft, fontSize: 11, formatter: ({ dataIndex }) => (total(dataIndex) ? short(total(dataIndex)) + (given.units[0] ?? "") : "") };
  return {
    ...frame(list, look),
    ...axes(given, list, look, horizontal),
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    series: list.map((each, place) => ({
      type: "bar",
      name: each.name,
      data: each.data,
      stack: stacked ? "all" : undefined,
      color: each.color,
      barMaxWidth: 28,
      itemStyle: stacked ? {} : { borderRadius: horizontal ? [0, 3, 3, 0] : [3, 3, 0, 0] },
      label: isLabelled && place === list.length - 1 ? label : undefined,
      cursor: "pointer",
      yAxisIndex: !stacked && !horizontal && place && isOfTwoScales(list) ? 1 : 0,
      tooltip: { valueFormatter: withUnit(each.unit) },
    })),
  };
}

const withUnit = (unit) => (value) => (value === null || value === undefined ? "–" : full(value) + (unit ?? ""));

function line(given, look) {
  const list = seriesOf(given, look);
  const isDense = given.categories.length * 14 > look.width;
  return {
    ...frame(list, look),
    ...axes(given, list, look, false),
    tooltip: { trigger: "axis", axisPointer: { lineStyle: { color: look.line } } },
    series: list.map((each, place) => ({ type: "line", yAxisIndex: place && !given.series.length && isOfTwoScales(list) ? 1 : 0, name: each.name, data: each.data, color: each.color, symbolSize: 6, showSymbol: !isDense, showAllSymbol: true, lineStyle: { width: 2 }, areaStyle: list.length === 1 ? { opacity: 0.08 } : undefined, tooltip: { valueFormatter: withUnit(each.unit) } })),
  };
}

function slices({ marks }, look) {
  return marks.map((mark, place) => ({ name: mark.label, value: number(mark.values[0]), others: mark.values.slice(1).map(number), href: mark.href, itemStyle: { color: colorOf(mark.color, place, look) } }));
}

function pie(given, look) {
  const data = slices(given, look);
  const whole = data.reduce((sum, { value }) => sum + Math.max(value, 0), 0) || 1;
  const share = (value) => `${Math.round((value / whole) * 100)}%`;
  const unit = given.units[0] ?? "";
  const hasLegend = look.narrow || data.length > MANY_SLICES || (look.width < TIGHT && data.length > FEW_SLICES);
  const shares = new Map(data.map(({ name, value }) => [name, share(value)]));
  const place = look.narrow ? { type: "plain", bottom: 0, left: 0, right: 0 } : { orient: "vertical", right: 0, top: "middle" };
  const [radius, center] = look.narrow ? [["34%", "56%"], ["50%", "32%"]] : [["44%", "68%"], [hasLegend ? "36%" : "50%", "51%"]];
  return {
    legend: hasLegend ? legend(look, { ...place, formatter: (name) => `${name}  ${shares.get(name)}` }) : undefined,
    tooltip: { trigger: "item", formatter: ({ name, value }) => `${name}  ${full(value)}${unit}  ${share(value)}` },
    series: [{
      type: "pie",
      radius,
      center,
      data,
      minShowLabelAngle: 4,
      itemStyle: { borderColor: look.surface, borderWidth: 2 },
      label: { show: !hasLegend, color: look.ink, fontSize: 12, lineHeight: 16, formatter: ({ name, value }) => `${name}\n{share|${share(value)}}`, rich: { share: { color: look.soft } } },
      labelLine: { lineStyle: { color: look.line } },
      cursor: "pointer",
    }],
  };
}

/** Steps as centred bars joined by pale slopes: true to size also where a later step is larger than the one before. */
function funnel(given, look) {
  const data = slices(given, look);
  const most = Math.max(...data.map((each) => each.value), 1e-9);
  const name = (place) => (place && !look.narrow ? `${given.measures[place]} ` : "");
  const figure = (value, place) => `${name(place)}${short(value)}${given.units[place] ?? ""}`;
  return {
    tooltip: { trigger: "item", formatter: ({ name, data: { value, others } }) => [name, ...[value, ...others].map((each, place) => `${given.measures[place]}  ${full(each)}${given.units[place] ?? ""}`)].join("\n") },
    series: [{
      type: "custom",
      coordinateSystem: "none",
      data,
      cursor: "pointer",
      renderItem: ({ dataIndex: place }, api) => {
        const [width, height] = [api.getWidth(), api.getHeight()];
        const room = width * (look.narrow ? 0.5 : 0.6);
        const step = (height - 8) / data.length;
        const top = 4 + place * step;
        const bar = Math.min(step * 0.7, 44);
        const sizeOf = (each) => Math.max((Math.max(each.value, 0) / most) * room, 4);
        const own = sizeOf(data[place]);
        const fill = data[place].itemStyle.color;
        const next = data[place + 1] && sizeOf(data[place + 1]);
        const middle = room / 2;
        const text = (y, words, style) => ({ type: "text", x: room + 16, y, style: { text: words, font: `12px ${look.font}`, verticalAlign: "middle", width: width - room - 16, overflow: "truncate", ...style } });
        return {
          type: "group",
          children: [
            ...(next ? [{ type: "polygon", silent: true, shape: { points: [[middle - own / 2, top + bar], [middle + own / 2, top + bar], [middle + next / 2, top + step], [middle - next / 2, top + step]] }, style: { fill, opacity: 0.16 } }] : []),
            { type: "rect", shape: { x: middle - own / 2, y: top, width: own, height: bar, r: 3 }, style: { fill } },
            text(top + bar / 2 - 8, data[place].name, { fill: look.ink }),
            text(top + bar / 2 + 8, [figure(data[place].value, 0) + conversion(data, place), ...data[place].others.map((each, more) => figure(each, more + 1))].join(" · "), { fill: look.soft }),
          ],
        };
      },
    }],
  };
}

/** How much of the step before has come so far; nothing where more stand here than before. */
function conversion(data, place) {
  const before = data[place - 1]?.value;
  return before && data[place].value <= before ? `  ↓ ${Math.round((data[place].value / before) * 100)}%` : "";
}
