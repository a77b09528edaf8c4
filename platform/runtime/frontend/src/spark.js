// The small line of a figure: the way of its number through the period.

/** A line without axes, in the accent colour. */
export function drawSpark(canvas) {
  const values = JSON.parse(canvas.dataset.values);
  const { width, height } = canvas.getBoundingClientRect();
  const scale = devicePixelRatio || 1;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const most = Math.max(...values, 1e-9);
  const least = Math.min(...values, 0);
  const at = (value, index) => [(index / (values.length - 1)) * (width - 4) + 2, height - 3 - ((value - least) / (most - least)) * (height - 6)];
  pen.strokeStyle = getComputedStyle(canvas).color;
  pen.lineWidth = 1.5;
  pen.lineJoin = "round";
  pen.beginPath();
  values.forEach((value, index) => pen[index ? "lineTo" : "moveTo"](...at(value, index)));
  pen.stroke();
}
