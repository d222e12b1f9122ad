"""The intake as versioned content: questions, safety questions in three levels, fixed texts, reasons.

The words live in TOML files beside this loader, so that a clinician can read and sign them without reading code.
Every row has source keys; all of it awaits clinical sign-off. `content()` validates the whole on first use.
"""

from myotome.knowledge.screening.content import (
    Content,
    Field,
    Option,
    ReasonRow,
    RedFlag,
    Step,
    content,
)

__all__ = ["Content", "Field", "Option", "ReasonRow", "RedFlag", "Step", "content"]
