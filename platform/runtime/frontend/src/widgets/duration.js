// Lengths of time as they are typed, for the sums of sub-tables.

const WORDS = /([\d.]+|半)\s*(天|日|days?|d|个?小时|钟头|时|hours?|hrs?|h|分钟?|minutes?|mins?|m|秒钟?|seconds?|secs?|s)(半)?/gi;
const UNITS = { d: 86_400, h: 3600, m: 60, s: 1 };

/** The seconds of `1:30`, `1h30m`, `2天`; null where the text says none. */
export function secondsOf(text) {
  const clock = text.trim().match(/^(\d+):(\d{1,2})(?::(\d{1,2}))?$/);
  if (clock) return Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0);
  const parts = [...text.matchAll(WORDS)];
  if (!parts.length) return null;
  return parts.reduce((sum, [, number, unit, half]) => sum + ((number === "半" ? 0.5 : Number(number)) + (half ? 0.5 : 0)) * UNITS[unitOf(unit)], 0);
}

function unitOf(word) {
  if (/^[天日d]/i.test(word)) return "d";
  if (/时|钟头|^h/i.test(word)) return "h";
  return /^[分m]/i.test(word) ? "m" : "s";
}

/** `2天3小时` or `2d 3h`, in the language of the page. */
export function inWords(seconds) {
  const chinese = document.documentElement.lang.startsWith("zh");
  const words = chinese ? ["天", "小时", "分钟", "秒"] : ["d", "h", "m", "s"];
  const parts = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, Math.round(seconds) % 60];
  return parts.map((part, at) => (part ? part + words[at] : "")).filter(Boolean).join(chinese ? "" : " ") || `0${words[2]}`;
}
