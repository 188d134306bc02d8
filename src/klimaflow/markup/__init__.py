"""HTML and SVG without a word about proposals: elements, tables, pictures, and the looks."""
