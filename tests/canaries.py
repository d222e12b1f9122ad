"""Texts that break careless software: kept exactly and shown inert, or refused because no database can hold them."""

SCRIPT = '<script>window.canary=1</script><img src=x onerror="window.canary=1">'

HARMLESS = [
    SCRIPT,
    "{{ 7*7 }} {% load i18n %} ${7*7} #{7*7}",
    "'; DROP TABLE screening_intake; --",
    '"><svg/onload=window.canary=1>',
    '=HYPERLINK("http://example.org","x")',
    "+1+cmd|' /C calc'!A0",
    "right to left \u202e override \u2066 and isolate",
    "emoji 🦵🏽 flags 🇨🇦 family 👩‍👩‍👧",
    "Zalgo e\u0301\u0327\u0323\u0348 combining",
    "line one\r\nline two\ttab",
    "Zoë Müller 針灸 عربي",
    "https://example.org/?a=1&b=2#c",
]

UNSTORABLE = ["nul \x00 inside", "\ud800", "tail of a pair \udfff", "bell \x07", "escape \x1b[31m", "next line \x85"]
