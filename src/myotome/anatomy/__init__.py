"""Build time: body model to meshes, SVG twin and index. Nothing has filled this floor yet."""
