// ECharts with only what dashboards draw. Imported on demand: `const { drawn } = await import("./charts.js")`.

import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([
  BarChart,
  FunnelChart,
  LineChart,
  PieChart,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  CanvasRenderer,
]);

/** The chart drawn in `element`; follows its size. Tooltips are drawn, not HTML: the CSP forbids inline styles. */
export function drawn(element, option) {
  const chart = echarts.getInstanceByDom(element) ?? echarts.init(element, null, { renderer: "canvas" });
  chart.setOption({ ...option, tooltip: { ...option.tooltip, renderMode: "richText" } });
  new ResizeObserver(() => chart.resize()).observe(element);
  return chart;
}
