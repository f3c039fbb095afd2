// Elements: made from plain values. Texts stay texts, whatever they look like.

const SVG = "http://www.w3.org/2000/svg";

/** A new HTML element; a property that is null or false is left out. */
export function make(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

/** A bar that is as long as a number from 0 to 1. */
export function makeBar(share) {
  const width = `${(100 * share).toFixed(2)}%`;
  const rect = fill(document.createElementNS(SVG, "rect"), { width, height: "100%", rx: "2" }, []);
  const properties = { class: "bar", "aria-hidden": "true" };
  return fill(document.createElementNS(SVG, "svg"), properties, [rect]);
}

/** A time element: local to read, UTC on hover. */
export function makeTime(seconds, text) {
  const stamp = `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  return make("time", { datetime: stamp, title: stamp }, text);
}

/** A link to Bilibili, which is told nothing of this page. */
export function makeOutsideLink(id, text) {
  const href = `https://space.bilibili.com/${id}`;
  return make("a", { class: "outside", href, rel: "noreferrer noopener" }, text);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
