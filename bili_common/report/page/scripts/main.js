// The page: which view is shown, in which language.

import { accountPlaces, userPlaces } from "./data.js";
import { accountView, missingView, pairView, userView } from "./views.js";
import { currentLanguage, say, setLanguage, timeZone, translate } from "./words.js";
import { forgetEntries, watchSearch } from "./search.js";
import { nameHeatMap, watchHeatMap } from "./heatmap.js";
import { showOverview } from "./overview.js";

const overview = document.getElementById("overview");
const place = document.getElementById("view");
const title = document.title;
let scrolled = 0;

/** The view that the address names, null for the overview. */
function viewOf(hash) {
  const [, kind, ids] = /^#(uid|mid|pair)=(\d+(?:,\d+)?)$/.exec(hash) ?? [];
  if (!kind) return null;
  const [a, b] = ids.split(",");
  const [one, other] = [userPlaces.get(a), userPlaces.get(b)];
  if (kind === "uid" && one !== undefined) return userView(one);
  if (kind === "mid" && accountPlaces.has(a)) return accountView(accountPlaces.get(a));
  if (kind === "pair" && one !== undefined && other !== undefined && one !== other) return pairView(one, other);
  return missingView(ids);
}

function show() {
  const view = viewOf(location.hash);
  if (!overview.hidden && view) scrolled = scrollY;
  const returns = overview.hidden && !view;
  overview.hidden = view !== null;
  place.hidden = view === null;
  place.replaceChildren(...(view ? [view] : []));
  const heading = place.querySelector("h1");
  document.title = heading ? `${heading.textContent} – ${titleText()}` : titleText();
  if (heading) {
    scrollTo(0, 0);
    heading.focus({ preventScroll: true });
  } else if (returns) {
    scrollTo(0, scrolled);
  }
}

/** The caller's title, else that of the page in the reader's language. */
function titleText() {
  return document.querySelector("#overview h1 [data-say]") ? say("title") : title;
}

function speak() {
  translate();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === currentLanguage()));
  }
  const search = document.getElementById("search");
  search.placeholder = say("searchPlaceholder");
  document.getElementById("zone").textContent = say("zone", { zone: timeZone() });
  forgetEntries();
  showOverview();
  nameHeatMap();
}

for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    setLanguage(button.dataset.language);
    speak();
    show();
    button.focus();
  });
}
addEventListener("hashchange", show);
watchSearch();
watchHeatMap();
speak();
show();
document.documentElement.classList.add("ready");
