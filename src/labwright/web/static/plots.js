/**
 * Draws the plots of a page: fetches what is to be drawn, and loads what draws it when there is something.
 */

const VENDOR = "/static/vendor/";
const DRAWERS = {
  plotly: ["plotly.js-strict-dist-min/plotly-strict.min.js"],
  vega: ["vega/vega.min.js", "vega-lite/vega-lite.min.js", "vega-embed/vega-embed.min.js"],
};

/** @type {Map<string, Promise<void>>} */
const loaded = new Map();

/**
 * Load a script once.
 * @param {string} file
 * @returns {Promise<void>}
 */
function load(file) {
  if (!loaded.has(file)) {
    loaded.set(file, new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = VENDOR + file;
      script.onload = () => done();
      script.onerror = () => failed(new Error(`${file} cannot be loaded`));
      document.head.append(script);
    }));
  }
  return /** @type {Promise<void>} */ (loaded.get(file));
}

/**
 * The colours of the page, which follow those that the person likes.
 * @returns {{ink: string, line: string, link: string}}
 */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), line: of("--line"), link: of("--link") };
}

/**
 * @param {HTMLElement} place
 * @param {any} figure
 */
async function drawPlotly(place, figure) {
  const { ink, line } = colours();
  const axes = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true };
  const given = figure.layout ?? {};
  const named = Object.keys(given).filter((name) => /^[xy]axis\d*$/.test(name));
  const layout = {
    margin: { t: given.title ? 48 : 16, r: 16, b: 48, l: 56 },
    ...given,
    paper_bgcolor: given.paper_bgcolor ?? "rgba(0,0,0,0)",
    plot_bgcolor: given.plot_bgcolor ?? "rgba(0,0,0,0)",
    font: { color: ink, ...given.font },
    xaxis: { ...axes, ...given.xaxis },
    yaxis: { ...axes, ...given.yaxis },
    ...Object.fromEntries(named.map((name) => [name, { ...axes, ...given[name] }])),
  };
  const options = { responsive: true, displaylogo: false, ...figure.config };
  await window["Plotly"].newPlot(place, figure.data, layout, options);
}

/**
 * @param {HTMLElement} place
 * @param {any} chart
 */
async function drawVega(place, chart) {
  const { ink, line } = colours();
  const labels = { labelColor: ink, titleColor: ink };
  const config = {
    background: "transparent",
    view: { stroke: line },
    axis: { ...labels, gridColor: line, domainColor: line, tickColor: line },
    legend: labels,
    title: { color: ink },
    header: labels,
  };
  const fits = !("width" in chart) && ("mark" in chart || "layer" in chart);
  const wide = fits ? { width: "container", height: 300, autosize: { type: "fit", contains: "padding" } } : {};
  await window["vegaEmbed"](place, { ...wide, ...chart }, { ast: true, actions: false, config, renderer: "svg" });
}

/**
 * Draw a figure whose data are there.
 * @param {HTMLElement} figure
 */
async function draw(figure) {
  const kind = /** @type {"plotly" | "vega"} */ (figure.dataset.kind);
  const place = /** @type {HTMLElement | null} */ (figure.querySelector(".drawing"));
  if (!place) return;
  const content = JSON.parse(figure.dataset.content ?? "{}");
  delete figure.dataset.content;
  for (const file of DRAWERS[kind]) await load(file);
  await (kind === "plotly" ? drawPlotly : drawVega)(place, content);
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function complain(place, text) {
  const said = document.createElement("p");
  said.className = "message";
  said.textContent = text;
  place.replaceChildren(said);
}

/**
 * Fetch what is to be drawn in a place, and draw it.
 * @param {HTMLElement} place
 */
async function fill(place) {
  place.ariaBusy = "true";
  try {
    const answer = await fetch(/** @type {string} */ (place.dataset.draw), { headers: { Accept: "text/html" } });
    if (answer.redirected) throw new Error("you are not logged in any more");
    place.innerHTML = await answer.text();
    for (const figure of place.querySelectorAll("figure.plot")) await draw(/** @type {HTMLElement} */ (figure));
  } catch (error) {
    complain(place, `This could not be drawn: ${error instanceof Error ? error.message : error}`);
  } finally {
    place.ariaBusy = "false";
  }
}

for (const place of document.querySelectorAll("[data-draw]")) fill(/** @type {HTMLElement} */ (place));
for (const place of document.querySelectorAll("[data-drawn]")) {
  const whole = /** @type {HTMLElement} */ (place);
  whole.ariaBusy = "true";
  const figures = [...whole.querySelectorAll("figure.plot")].map((f) => draw(/** @type {HTMLElement} */ (f)));
  Promise.all(figures)
    .catch((error) => complain(whole, `This could not be drawn: ${error.message}`))
    .finally(() => { whole.ariaBusy = "false"; });
}
