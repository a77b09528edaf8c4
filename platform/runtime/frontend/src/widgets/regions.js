// The provinces, cities and districts, loaded once when first needed.

import { asked } from "../page.js";

let loading = null;

/** {names: Map code -> name, codes: [code]} */
export function regions() {
  loading ??= asked("/regions").then(({ regions: all }) => {
    const names = new Map(all.map((each) => [each.slice(0, 6), each.slice(6)]));
    return { names, codes: [...names.keys()] };
  });
  loading.catch(() => (loading = null));
  return loading;
}

/** The region above, null above a province. */
export function above(names, code) {
  if (code.endsWith("0000")) return null;
  const city = `${code.slice(0, 4)}00`;
  return city !== code && names.has(city) ? city : `${code.slice(0, 2)}0000`;
}

/** Codes from the province down. */
export function chain(names, code) {
  const found = [];
  for (let at = code; at; at = above(names, at)) found.unshift(at);
  return found;
}

const PAPER = /直辖县级行政区划$|^市辖区$/;

/** The whole name, as the server reads it back. */
export function wholeName(names, code) {
  return chain(names, code).map((each) => names.get(each)).filter((name) => name && !PAPER.test(name)).join(" ");
}

/** The regions right below one; the provinces below null. */
export function below({ names, codes }, code) {
  return codes.filter((each) => above(names, each) === code);
}

/** At most `most` regions whose whole name has all parts of the text, the widest first. */
export function search({ names, codes }, text, most = 12) {
  const parts = text.toLowerCase().split(/[\s,，、/]+/).filter(Boolean);
  const hits = [];
  for (const code of codes) {
    const whole = wholeName(names, code);
    const tight = whole.replaceAll(" ", "");
    if (parts.every((part) => tight.includes(part) || code.startsWith(part))) hits.push({ id: code, title: whole, depth: chain(names, code).length });
    if (hits.length > 200) break;
  }
  return hits.sort((left, right) => left.depth - right.depth || left.id - right.id).slice(0, most);
}
