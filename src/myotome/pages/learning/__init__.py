"""Pages about what courses teach: a course as a report, a selection of courses as a data set."""
