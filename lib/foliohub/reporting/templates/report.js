(function () {
  "use strict";
  var figures = Array.prototype.slice.call(document.querySelectorAll(".figure"));
  var options = {
    displaylogo: false, responsive: true, displayModeBar: "hover",
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
    toImageButtonOptions: { format: "png", scale: 2 }
  };
  figures.forEach(function (figure) {
    var source = figure.querySelector("script[type='application/json']");
    try {
      var specification = JSON.parse(source.textContent);
      figure.removeChild(source);
      Plotly.newPlot(figure, specification.data, specification.layout, options);
    } catch (error) {
      figure.textContent = "This figure cannot be drawn: " + error.message;
    }
  });

  // Paper gets the layout of a window; the style sheet makes it as small as the page.
  var paper = 960;
  function draw(width) {
    figures.forEach(function (figure) {
      if (figure.layout) { Plotly.relayout(figure, width ? { width: width } : { width: null, autosize: true }); }
    });
  }
  window.addEventListener("beforeprint", function () { draw(paper); });
  window.addEventListener("afterprint", function () { draw(0); });

  var links = {};
  document.querySelectorAll(".contents a").forEach(function (link) { links[link.hash.slice(1)] = link; });
  var headings = Array.prototype.slice.call(document.querySelectorAll("main h2[id]"));
  function mark() {
    var here = headings.filter(function (heading) { return heading.getBoundingClientRect().top < 120; }).pop() || headings[0];
    Object.keys(links).forEach(function (anchor) { links[anchor].classList.toggle("here", !!here && anchor === here.id); });
  }
  window.addEventListener("scroll", mark, { passive: true });
  mark();
})();
