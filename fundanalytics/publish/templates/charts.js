// Draws the charts of a page. The title stands in the page, not in the picture; where there is little room, so does the caption.
// On paper charts are as wide as the text, and one that is longer than a page goes on over the next.
const NARROW = 600, TITLE_LINE = 23, TITLE_GAP = 14, PAGE_HEIGHT = 860, CLOSER = 0.93, READABLE = 11, ROW = 17, PAPER_ROW = 15, LOW = 400, PITCH = 20, TWO_LINES = 30;
const figures = [...document.querySelectorAll("script[data-chart]")].map(data => ({
  ...JSON.parse(data.textContent), place: document.getElementById(data.dataset.chart),
}));
const lines = text => text.split("<br>").length;

// the subtitle takes the place of the title
function untitled(layout) {
  const { title, margin, meta } = layout;
  if (!meta || !meta.title || !title || !title.text || !margin || !layout.height) return layout;
  const gone = TITLE_GAP + TITLE_LINE * lines(title.text);
  const { text = "", font } = title.subtitle || {};
  return {
    ...layout,
    title: { ...title, text, font: { size: 12, color: "#57606a", ...font }, pad: { l: 12, t: 5 }, subtitle: undefined },
    margin: { ...margin, t: margin.t - gone },
    height: layout.height - gone,
  };
}

// rows that are set close so that they fit one picture have room in a page
function spread(layout, row) {
  const { margin, height, yaxis, annotations = [] } = layout;
  if (!yaxis || yaxis.type !== "category" || !yaxis.range || !yaxis.tickfont || !(yaxis.tickfont.size < READABLE)) return layout;
  const readable = part => part.font && part.font.size < READABLE ? { ...part, font: { ...part.font, size: READABLE } } : part;
  return {
    ...layout,
    yaxis: { ...yaxis, tickfont: { ...yaxis.tickfont, size: READABLE } },
    annotations: annotations.map(readable),
    margin: { ...margin, l: margin.l * READABLE / yaxis.tickfont.size },
    height: Math.max(height, margin.t + margin.b + (yaxis.range[1] - yaxis.range[0]) * row),
  };
}

function narrowed(layout) {
  const margin = layout.margin;
  const isCaption = note => note.yref === "paper" && note.y === 0 && note.yanchor === "top" && note.yshift < 0;
  const caption = (layout.annotations || []).find(isCaption);
  const top = layout.showlegend ? 58 : 26;
  const bottom = caption ? 8 - caption.yshift : margin.b;
  return {
    ...layout,
    title: undefined,
    annotations: (layout.annotations || []).filter(note => note !== caption),
    margin: { ...margin, t: top, b: bottom },
    height: layout.height - margin.t - margin.b + top + bottom,
    xaxis: { ...layout.xaxis, tickangle: 0, tickfont: { size: 10 }, ...(layout.xaxis && layout.xaxis.dtick ? { dtick: undefined, nticks: 3 } : {}) },
  };
}

// on paper rows of one line stand closer, and curves are lower: two charts then share a page
function closer(layout) {
  const { margin, height, yaxis } = layout;
  if (!margin || !yaxis) return layout;
  if (yaxis.type !== "category") return { ...layout, height: Math.min(height, LOW) };
  if (!yaxis.range) return layout;
  const rows = yaxis.range[1] - yaxis.range[0], pitch = (height - margin.t - margin.b) / rows;
  return pitch > PITCH && pitch < TWO_LINES ? { ...layout, height: height - rows * (pitch - PITCH) } : layout;
}

// one layout for each page of paper: rows of a chart that is too long are shared out, as many to a page as fit
function sheets(layout) {
  const { margin, height, yaxis } = layout;
  const room = PAGE_HEIGHT - (margin ? margin.t + margin.b : 0);
  if (!(height > PAGE_HEIGHT)) return [layout];
  if (PAGE_HEIGHT > height * CLOSER || !margin || !yaxis || yaxis.type !== "category" || !yaxis.range)
    return [{ ...layout, height: PAGE_HEIGHT }];
  const [low, high] = yaxis.range;
  const pitch = (height - margin.t - margin.b) / (high - low);
  const count = Math.ceil((high - low) * pitch / room), each = Math.ceil((high - low) / count);
  return Array.from({ length: count }, (_, i) => {
    const range = [Math.max(low, high - each * (i + 1)), high - each * i];
    return { ...layout, yaxis: { ...yaxis, range }, height: margin.t + margin.b + pitch * (range[1] - range[0]) };
  });
}

function draw({ data, layout, place }, printing) {
  const caption = place.parentElement.querySelector("figcaption");
  if (printing) place.after(caption); else place.parentElement.prepend(caption); // paper has the name of a figure below it
  const whole = untitled(layout);
  const narrow = !printing && place.clientWidth < NARROW && layout.meta && layout.meta.caption && layout.margin;
  const parts = printing ? sheets(closer(spread(whole, PAPER_ROW))) : [narrow ? narrowed(spread(whole, ROW)) : spread(whole, ROW)];
  for (const old of place.children) Plotly.purge(old);
  place.parentElement.classList.toggle("narrow", Boolean(narrow));
  place.parentElement.classList.toggle("long", parts.length > 1);
  place.style.minHeight = 0;
  // where not even the labels fit, the chart keeps a width that can be read, and its place scrolls
  const least = narrow && layout.meta.least_width > place.clientWidth ? layout.meta.least_width : 0;
  place.classList.toggle("wide", least > 0);
  if (least) place.tabIndex = 0; else place.removeAttribute("tabindex");
  place.replaceChildren(...parts.map(() => Object.assign(document.createElement("div"), { className: "part", style: least ? `min-width:${least}px` : "" })));
  const size = printing ? { width: place.clientWidth, autosize: false } : {};
  return Promise.all(parts.map((part, i) => Plotly.newPlot(place.children[i], data, { ...part, ...size }, { ...config, responsive: !printing })));
}

let drawn = null;
function drawAll(printing) {
  if (drawn === printing) return;
  drawn = printing;
  Promise.all(figures.map(figure => draw(figure, printing))).then(all => { document.documentElement.dataset.drawn = all.length; });
}

const paper = matchMedia("print");
paper.addEventListener("change", () => drawAll(paper.matches));
drawAll(paper.matches);
