// Draws the charts of a page. Where there is little room, title and caption leave the picture and stand in the page, which wraps them.
const NARROW = 600;

function narrowed(layout) {
  const margin = { ...layout.margin };
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

for (const data of document.querySelectorAll("script[data-chart]")) {
  const figure = JSON.parse(data.textContent);
  const place = document.getElementById(data.dataset.chart);
  const narrow = place.clientWidth < NARROW && figure.layout.meta && figure.layout.meta.caption && figure.layout.margin;
  if (narrow) {
    place.parentElement.classList.add("narrow");
    place.style.minHeight = 0;
  }
  Plotly.newPlot(place, figure.data, narrow ? narrowed(figure.layout) : figure.layout, { ...config, displayModeBar: narrow ? false : "hover" });
}
