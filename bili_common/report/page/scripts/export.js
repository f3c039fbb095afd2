// Out of the page: rows as CSV for a file, or as tabbed text for the clipboard.

// A spreadsheet takes a cell that begins so for a formula; the wide forms too.
const FORMULA = /^\s*[=+\-@＝＋－＠]/;
// A spreadsheet keeps fifteen digits of a number; behind a tab it is a text.
const LONG_NUMBER = /^\d{16,}$/;

/** Save rows of cells as a CSV file that spreadsheets open, Chinese included. */
export function saveCsv(name, rows) {
  const lines = rows.map((row) => row.map((cell) => quote(harmless(cell))).join(","));
  const blob = new Blob(["\ufeff", ...lines.map((line) => `${line}\r\n`)], { type: "text/csv" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Put rows of cells on the clipboard, to be pasted into a spreadsheet or a chat. */
export async function copyRows(rows) {
  const text = rows
    .map((row) => row.map((cell) => harmless(cell).replace(/\s+/g, " ").trim()).join("\t"))
    .join("\n");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    copyBySelection(text);
  }
}

function harmless(cell) {
  const text = String(cell ?? "");
  if (typeof cell === "number") return text;
  if (LONG_NUMBER.test(text)) return `\t${text}`;
  return FORMULA.test(text) ? `'${text}` : text;
}

function quote(text) {
  return /[",\n\r\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The way that works where a browser gives a file no clipboard. */
function copyBySelection(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "quiet";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
