"use strict";
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll(".plot")];
  const settings = JSON.parse(document.getElementById("settings").textContent);
  const darkScheme = matchMedia("(prefers-color-scheme: dark)");
  const narrow = 480;
  const paperWidth = 650;
  // A cell of data may look like a colour; only what styles the figure is recoloured.
  const data = new Set(["x", "y", "z", "text", "customdata", "name", "ticktext", "tickvals", "categoryarray"]);

  const recolour = (value, key) => {
    if (data.has(key)) return value;
    if (typeof value === "string") return settings.dark[value] ?? value;
    if (Array.isArray(value)) return value.map((item) => recolour(item, ""));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, recolour(item, name)]));
  };

  const draw = (plot, isDark, width) => {
    const source = JSON.parse(document.getElementById(plot.dataset.source).textContent);
    const figure = isDark ? recolour(source, "") : source;
    if (width) figure.layout.width = width;
    figure.layout.autosize = !width;
    if ((width || plot.clientWidth) < narrow) figure.layout.font = { ...figure.layout.font, size: 11 };
    return Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false, responsive: true });
  };

  const drawAll = (isDark, width) => Promise.all(plots.map((plot) => draw(plot, isDark, width)));

  const unpack = async () => {
    const packed = atob(document.getElementById("plotly").textContent);
    const bytes = Uint8Array.from(packed, (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
  };

  const apologise = (error) => {
    root.dataset.figures = "failed";
    for (const plot of plots) {
      plot.textContent = `This browser could not draw the figure (${error.message}). In words: ${plot.getAttribute("aria-label")}`;
      plot.style.minHeight = "0";
    }
  };

  const start = async () => {
    root.dataset.figures = "pending";
    try {
      await unpack();
      await drawAll(darkScheme.matches);
      root.dataset.figures = "drawn";
    } catch (error) {
      apologise(error);
      return;
    }
    darkScheme.addEventListener("change", () => drawAll(darkScheme.matches));
    // Paper is white and narrow whatever the screen is.
    addEventListener("beforeprint", () => drawAll(false, paperWidth));
    addEventListener("afterprint", () => drawAll(darkScheme.matches));
  };

  start();
})();
