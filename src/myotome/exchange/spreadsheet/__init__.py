"""Tables that come from a spreadsheet or another program, as CSV."""
