"""A patient's whole record in the forms in which it leaves the clinic: a page to read alone, and a folder of files."""
