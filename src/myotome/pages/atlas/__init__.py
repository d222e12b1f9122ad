"""Knowledge as pages: one for each muscle, root and point, found in one box by any of their names."""
