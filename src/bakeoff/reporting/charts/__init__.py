"""Charts: one Vega-Lite specification each, drawn as SVG without a browser."""
