// What the page says: texts, numbers and times in the reader's language.

const catalogue = JSON.parse(document.getElementById("words").textContent);
const ENGLISH = "en";
const CHINESE = "zh-Hans";

let language = navigator.languages.find((each) => /^(en|zh)\b/i.test(each)) ?? ENGLISH;
language = /^zh/i.test(language) ? CHINESE : ENGLISH;

export function currentLanguage() {
  return language;
}

export function setLanguage(name) {
  language = name;
}

/** The text of a key; "one list|{n} lists" are two, the first for n = 1. */
export function say(key, values = {}) {
  const [one, more] = catalogue[language][key].split("|");
  const text = more === undefined || values.n === 1 ? one : more;
  return text.replace(/\{(\w+)\}/g, (whole, name) =>
    typeof values[name] === "number" ? formatNumber(values[name]) : (values[name] ?? whole),
  );
}

export function formatNumber(value) {
  return value.toLocaleString(language);
}

export function formatShare(value) {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return value.toLocaleString(language, { style: "percent", ...digits });
}

/** A time in the reader's own zone. */
export function formatTime(seconds) {
  const style = { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language, style).format(seconds * 1000);
}

export function timeZone() {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A function that orders texts as the reader's language does, numbers by value. */
export function compareTexts() {
  return new Intl.Collator([language, CHINESE], { numeric: true }).compare;
}

/** Say all that stands in the page's HTML in the reader's language. */
export function translate() {
  document.documentElement.lang = language;
  for (const each of document.querySelectorAll("[data-say]")) {
    each.textContent = say(each.dataset.say, valuesOf(each));
  }
  for (const each of document.querySelectorAll("[data-say-label]")) {
    each.setAttribute("aria-label", say(each.dataset.sayLabel, valuesOf(each)));
  }
  for (const each of document.querySelectorAll("time")) {
    each.textContent = formatTime(Date.parse(each.dateTime) / 1000);
    each.title = each.dateTime;
  }
}

function valuesOf(element) {
  return JSON.parse(element.dataset.values ?? "{}");
}
