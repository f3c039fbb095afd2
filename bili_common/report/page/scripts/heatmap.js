// The heat map: what is under the pointer, and the way from there to a pair.

import { nameOf } from "./columns.js";
import { data, similarity, userPlaces, users } from "./data.js";
import { formatShare, say } from "./words.js";

const mapped = data.mapped.map((id) => userPlaces.get(id));

/** Let the map tell what it shows, and open what is clicked. */
export function watchHeatMap() {
  const map = document.getElementById("heat");
  if (!map) return;
  const told = document.getElementById("heat-told");
  const cross = document.getElementById("heat-cross");
  map.addEventListener("pointermove", (event) => {
    const [a, b] = pairAt(map, event);
    told.textContent = describe(a, b);
    const [x, y] = [mapped.indexOf(b), mapped.indexOf(a)];
    cross.setAttribute("d", `M${x} 0h1V${mapped.length}h-1zM0 ${y}H${mapped.length}v1H0z`);
  });
  map.addEventListener("pointerleave", () => {
    told.textContent = "";
    cross.setAttribute("d", "");
  });
  map.addEventListener("click", (event) => {
    const [a, b] = pairAt(map, event);
    location.hash = a === b ? `uid=${users.ids[a]}` : `pair=${users.ids[a]},${users.ids[b]}`;
  });
}

/** Name the rows by the caller's labels where there are any. */
export function nameHeatMap() {
  document.querySelectorAll("#heat-rows a").forEach((link, row) => {
    link.textContent = nameOf(mapped[row]);
  });
}

function pairAt(map, event) {
  const box = map.getBoundingClientRect();
  const place = (part) => mapped[Math.min(mapped.length - 1, Math.max(0, Math.floor(part * mapped.length)))];
  return [
    place((event.clientY - box.top) / box.height),
    place((event.clientX - box.left) / box.width),
  ];
}

function describe(a, b) {
  if (a === b) return nameOf(a);
  return say("pairTold", { a: nameOf(a), b: nameOf(b), score: formatShare(similarity(a, b)) });
}
