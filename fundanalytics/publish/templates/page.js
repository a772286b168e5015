// Contents that fold, tables that sort and filter. Without it the page is complete, only less handy.
const pageWords = JSON.parse(document.getElementById("words").textContent);
const onPaper = matchMedia("print");
const MANY_ROWS = 15, WIDE = 1200;
const UNITS = { "亿元": 1e8, "万元": 1e4, " million yuan": 1e6 };
const FIGURE = /^([<>])?([+−-])?([\d,]+(?:\.\d+)?)\s?(%|分|元|万元|亿元|天|人|个| million yuan| yuan| days| of 100)?(?:\s*[–至(（].*)?$/;
const inOrder = new Intl.Collator(document.documentElement.lang, { numeric: true });

const isBlank = text => text === "" || text === "—";

function amount(text) {
  const found = FIGURE.exec(text);
  return found && (found[2] && found[2] !== "+" ? -1 : 1) * Number(found[3].replaceAll(",", "")) * (UNITS[found[4]] || 1) - (found[1] === "<" ? 1e-9 : 0);
}

function sorted(rows, column, down) {
  const texts = new Map(rows.map(row => [row, row.cells[column].textContent.trim()]));
  const known = rows.filter(row => !isBlank(texts.get(row)));
  const values = new Map(known.map(row => [row, amount(texts.get(row))]));
  const numbers = known.every(row => values.get(row) !== null);
  const compare = (a, b) => numbers ? values.get(a) - values.get(b) : inOrder.compare(texts.get(a), texts.get(b));
  known.sort((a, b) => down ? compare(b, a) : compare(a, b));
  return [...known, ...rows.filter(row => isBlank(texts.get(row)))]; // what is not known has no place in an order
}

function makeSortable(table) {
  const body = table.tBodies[0], before = [...body.rows];
  if (table.tHead.rows.length !== 1 || before.some(row => row.cells.length !== table.tHead.rows[0].cells.length)) return;
  for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const next = { null: "ascending", ascending: "descending", descending: null }[head.getAttribute("aria-sort")];
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      if (next) head.setAttribute("aria-sort", next);
      body.append(...(next ? sorted(before, column, next === "descending") : before));
    });
  }
}

function makeFilter(table) {
  const rows = [...table.tBodies[0].rows];
  if (rows.length <= MANY_ROWS) return;
  const box = Object.assign(document.createElement("p"), { className: "filter" });
  const label = document.createElement("label"), input = document.createElement("input"), told = document.createElement("output");
  const name = table.caption ? table.caption.textContent.split(/[\u3000.]/)[0] : "";
  label.textContent = pageWords.filter.replace("{table}", name).trim() + " ";
  input.type = "search";
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = !wanted.every(word => row.textContent.toLowerCase().includes(word));
    told.textContent = wanted.length ? pageWords.shown.replace("{all}", rows.length).replace("{shown}", rows.filter(row => !row.hidden).length) : "";
  });
  label.append(input);
  box.append(label, told);
  (table.closest(".scroll") || table).before(box);
}

// a table that is wider than its place can be reached by key; on paper it is set smaller, and nothing of it is left out
function fitTables() {
  for (const place of document.querySelectorAll(".scroll")) {
    const table = place.querySelector("table");
    if (table) table.style.zoom = "";
    if (onPaper.matches && table && table.offsetWidth > place.clientWidth) table.style.zoom = place.clientWidth / table.offsetWidth;
    place.toggleAttribute("tabindex", false);
    if (!onPaper.matches && place.scrollWidth > place.clientWidth) {
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      place.setAttribute("aria-label", table && table.caption ? table.caption.textContent : pageWords.table.trim());
    }
  }
}

const folded = document.querySelector(".contents details");
function unfold() {
  if (folded) folded.open = onPaper.matches || innerWidth >= WIDE;
}

for (const table of document.querySelectorAll("main table")) {
  if (!table.tHead || !table.tBodies.length) continue;
  makeSortable(table);
  makeFilter(table);
}
unfold();
fitTables();
onPaper.addEventListener("change", () => { unfold(); fitTables(); });
addEventListener("resize", fitTables);
