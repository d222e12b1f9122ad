"""Settings, root urls, design base and error pages."""
