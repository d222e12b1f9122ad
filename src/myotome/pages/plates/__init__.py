"""Server-drawn SVG: the body plate and its parts."""
