// Finds areas whose name, street or code holds every word that was typed.
const known = JSON.parse(document.getElementById("areas").textContent);
const found = document.getElementById("found");
const MOST = 20;

function link(href, text) {
  const made = document.createElement(href ? "a" : "span");
  if (href) made.href = href;
  made.textContent = text;
  return made;
}

document.getElementById("name").addEventListener("input", event => {
  const wanted = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = wanted.length ? known.areas.filter(a => wanted.every(word => a.words.toLowerCase().includes(word))).slice(0, MOST) : [];
  found.replaceChildren(...hits.map(a => {
    const item = document.createElement("li");
    item.append(link(a.href, a.name), " " + a.told, ...a.files.flatMap(file => [" ", link(file.href, file.form)]));
    return item;
  }));
  if (wanted.length && !hits.length) found.textContent = known.none;
});
